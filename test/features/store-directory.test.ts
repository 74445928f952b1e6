// Where the feature store lies.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, beforeEach } from 'node:test';
import { storeDirectory } from '../../src/features/store-directory.js';

const before = process.env.FINETUNE_CACHE;
const dir = mkdtempSync(join(tmpdir(), 'finetune-store-directory-'));
after(() => {
  process.env.FINETUNE_CACHE = before;
  rmSync(dir, { recursive: true });
});
beforeEach(() => {
  process.env.FINETUNE_CACHE = join(dir, 'cache');
});

test('it lies in the cache directory, or where it is told to', () => {
  assert.equal(storeDirectory(undefined, join(dir, 'pets')), join(dir, 'cache/features'));
  assert.equal(storeDirectory('elsewhere', join(dir, 'pets')), 'elsewhere');
});

test('it is refused in the folder of images, by whatever name', () => {
  symlinkSync(dir, join(dir, 'link'));
  for (const store of [dir, join(dir, 'store'), join(dir, 'link/store')])
    assert.throws(() => storeDirectory(store, dir), {
      code: 'bad-option',
      message: /lies in the folder of images/,
    });
});

test('a cache directory there is refused too, since more than features is kept in it', () => {
  assert.throws(() => storeDirectory(join(tmpdir(), 'store'), dir), {
    message: /Set FINETUNE_CACHE to another/,
  });
});
