// Folders that appear complete or not at all.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { beforeEach } from 'node:test';
import { writeFolderAtomically } from '../../src/system/atomic-folder.js';
import { writeFiles } from '../helpers/run-folder.js';

let dir = '';
const anything = { prove: async () => undefined, inputs: {} };
const noOther = () => assert.fail('nobody asks for another folder');

beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'finetune-atomic-')));
});

const write = (content: string) => async (folder: string) => writeFileSync(join(folder, 'file'), content);

test('a folder is written beside its place, and what was written comes back', async () => {
  const target = join(dir, 'deep/run');
  const { dir: got, written } = await writeFolderAtomically(
    target,
    { replacement: undefined, whenTaken: noOther },
    async folder => {
      assert.equal(existsSync(target), false);
      await write('new')(folder);
      return 7;
    },
  );
  assert.deepEqual([got, written], [target, 7]);
  assert.deepEqual(readdirSync(join(dir, 'deep')), ['run']);
});

test('a folder may have a name as long as names can be', async () => {
  const rules = { replacement: anything, whenTaken: noOther };
  for (const name of ['x'.repeat(255), 'ü'.repeat(127)]) {
    await writeFolderAtomically(join(dir, name), rules, write('old'));
    await writeFolderAtomically(join(dir, name), rules, write('new'));
    assert.equal(readFileSync(join(dir, name, 'file'), 'utf8'), 'new');
  }
  assert.equal(readdirSync(dir).length, 2);
});

test('writing that fails leaves nothing, and what was there as it was', async () => {
  const target = writeFiles(join(dir, 'run'), { file: 'old' });
  const failing = writeFolderAtomically(
    target,
    { replacement: anything, whenTaken: noOther },
    async folder => {
      await write('half')(folder);
      throw new Error('disk full');
    },
  );
  await assert.rejects(failing, /disk full/);
  assert.deepEqual(readdirSync(dir), ['run']);
  assert.equal(readFileSync(join(target, 'file'), 'utf8'), 'old');
});

test('what is replaced is put back where its successor cannot take its place', async () => {
  const target = writeFiles(join(dir, 'run'), { file: 'old' });
  const failing = writeFolderAtomically(
    target,
    { replacement: anything, whenTaken: noOther },
    async folder => {
      // A folder that is gone cannot be renamed.
      (await import('node:fs')).rmSync(folder, { recursive: true });
    },
  );
  await assert.rejects(failing, { code: 'ENOENT' });
  assert.deepEqual(readdirSync(dir), ['run']);
  assert.equal(readFileSync(join(target, 'file'), 'utf8'), 'old');
});

test('what somebody put there meanwhile stays, and so does what was written: under another name', async () => {
  const target = writeFiles(join(dir, 'run'), { file: 'old' });
  const prove = async () => {
    if (existsSync(join(target, 'photo.jpg'))) throw new Error('photo.jpg is not ours');
  };
  const { dir: got } = await writeFolderAtomically(
    target,
    { replacement: { prove, inputs: {} }, whenTaken: noOther },
    async folder => {
      await write('new')(folder);
      writeFiles(target, { 'photo.jpg': 'photo' });
    },
  );
  assert.equal(got, join(dir, 'run-2'));
  assert.deepEqual(readdirSync(dir).sort(), ['run', 'run-2']);
  assert.deepEqual(readdirSync(target).sort(), ['file', 'photo.jpg']);
});
