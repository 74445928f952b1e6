// Pictures of photos are known when their features come from the store, too.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { pictureSide } from '../../src/data/perceptual-hash.js';
import { KnownPictures } from '../../src/features/known-pictures.js';

const [a, b] = ['aa', 'bb'].map(hash => ({ path: `${hash}.png`, file: hash, label: 0, hash }));

test('a picture that was added once is known the next time, by the contents of the photo', context => {
  const dir = mkdtempSync(join(tmpdir(), 'finetune-pictures-'));
  context.after(() => rmSync(dir, { recursive: true }));
  assert.ok(a && b);
  const picture = Uint8Array.from({ length: pictureSide ** 2 }, (_, i) => i % 256);
  const first = new KnownPictures(dir);
  first.add(a, picture);
  first.close();
  const again = new KnownPictures(dir);
  assert.deepEqual(again.of({ ...a, path: 'moved.png' }), picture);
  assert.equal(again.of(b), undefined);
  again.close();
});
