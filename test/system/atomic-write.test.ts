import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { writeAtomically } from '../../src/system/atomic-write.js';

const dir = mkdtempSync(join(tmpdir(), 'finetune-atomic-'));
after(() => rmSync(dir, { recursive: true }));

test('A file is written whole in the place of another, and files named alike stay', async () => {
  const path = join(dir, 'list.txt');
  const neighbours = [`${path}.tmp`, `${path}.${process.pid}.tmp`];
  for (const neighbour of neighbours) writeFileSync(neighbour, 'mine');
  writeFileSync(path, 'old');
  await writeAtomically(path, 'new');
  assert.equal(readFileSync(path, 'utf8'), 'new');
  for (const neighbour of neighbours) assert.equal(readFileSync(neighbour, 'utf8'), 'mine');
  assert.equal(readdirSync(dir).length, 3);
});

test('A file may have a name as long as names can be, and no longer', async () => {
  const path = join(dir, 'x'.repeat(255));
  await writeAtomically(path, 'new');
  assert.equal(readFileSync(path, 'utf8'), 'new');
  rmSync(path);
  await assert.rejects(writeAtomically(`${path}x`, 'new'), { code: 'not-written', message: /too long/ });
});

test('Where writing fails, the old file stays as it is and nothing is left beside it', async () => {
  const folder = join(dir, 'other');
  mkdirSync(folder);
  const path = join(folder, 'list.txt');
  writeFileSync(path, 'old');
  const fail = async () => {
    throw new Error('no more');
  };
  await assert.rejects(writeAtomically(path, fail), /no more/);
  assert.equal(readFileSync(path, 'utf8'), 'old');
  assert.deepEqual(readdirSync(folder), ['list.txt']);
});
