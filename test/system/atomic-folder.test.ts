// Folders that appear complete or not at all.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { beforeEach } from 'node:test';
import { restoreReplaced, writeFolderAtomically } from '../../src/system/atomic-folder.js';
import { ownerName } from '../../src/system/owner.js';
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

test('whoever looks for a folder finds what a killed process has put aside, and nobody takes it from one at work', () => {
  const [host] = ownerName().split('-');
  for (const [name, owner, isRestored] of [
    ['killed', `${host}-4194304-1`, true],
    ['busy', ownerName(), false],
  ] as const) {
    const hidden = `.${name}-${owner}-${randomUUID()}`;
    writeFiles(join(dir, hidden), { 'old/file': 'old', '.finetune-owner': owner });
    restoreReplaced(join(dir, name));
    assert.equal(existsSync(join(dir, name, 'file')), isRestored);
    assert.equal(existsSync(join(dir, hidden, 'old')), !isRestored);
  }
  writeFiles(join(dir, `.there-${host}-4194304-1-${randomUUID()}`), { 'old/file': 'old' });
  writeFiles(join(dir, 'there'), { file: 'mine' });
  restoreReplaced(join(dir, 'there'));
  assert.equal(readFileSync(join(dir, 'there/file'), 'utf8'), 'mine');
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
