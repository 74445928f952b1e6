// Folders are made with those above them.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { makeFolder } from '../../src/system/make-folder.js';

const dir = mkdtempSync(join(tmpdir(), 'finetune-make-folder-'));
after(() => rmSync(dir, { recursive: true }));

test('what is missing above a folder is made too, and what is there stays', () => {
  const path = join(dir, 'a/b/c');
  makeFolder(path);
  makeFolder(path);
  assert.ok(statSync(path).isDirectory());
});

test('below a file no folder is made', () => {
  writeFileSync(join(dir, 'file'), '');
  assert.throws(() => makeFolder(join(dir, 'file/folder')), { code: 'ENOTDIR' });
  assert.throws(() => makeFolder(join(dir, 'file')), { code: 'EEXIST' });
});

test(
  'where the system has no place for folders, it ends all the same',
  { skip: process.platform !== 'linux' },
  () => assert.throws(() => makeFolder('/proc/nowhere/at/all'), { code: 'ENOENT' }),
);
