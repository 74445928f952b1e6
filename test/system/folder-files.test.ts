import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { beforeEach } from 'node:test';
import { hashFolderFiles, listFolderFiles } from '../../src/system/folder-files.js';
import { writeFiles } from '../helpers/run-folder.js';

let dir = '';

beforeEach(() => {
  dir = writeFiles(mkdtempSync(join(tmpdir(), 'finetune-files-')), {
    'b/c.txt': 'c',
    'a.txt': 'a',
    '.hidden': '',
  });
});

test('all files are listed, also hidden ones, by paths with a slash', async () => {
  assert.deepEqual(await listFolderFiles(dir), ['.hidden', 'a.txt', 'b/c.txt']);
});

test('each has its hash', async () => {
  const { 'a.txt': hash } = await hashFolderFiles(dir);
  assert.equal(hash, createHash('sha256').update('a').digest('hex'));
});

test('an empty folder or a link is no list of files', async () => {
  symlinkSync(dir, join(dir, 'link'));
  await assert.rejects(listFolderFiles(dir), /link is neither a file nor a folder/);
  mkdirSync(join(dir, 'b/empty'));
  await assert.rejects(listFolderFiles(join(dir, 'b')), /empty is an empty folder/);
});
