// What training knows of copies: as much as inspect has measured.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { pictureSide } from '../../src/data/perceptual-hash.js';
import { findKnownCopies } from '../../src/features/known-copies.js';
import { openTraits } from '../../src/features/measure-photos.js';
import { silent } from '../../src/system/context.js';
import { seededRandom } from '../../src/training/random.js';

const { signal } = silent;

function drawPicture(seed: number, brightness: number): Uint8Array {
  const random = seededRandom(seed);
  const waves = Array.from({ length: 5 }, () => [1 + 6 * random(), 1 + 6 * random(), 6 * random()] as const);
  return Uint8Array.from({ length: pictureSide ** 2 }, (_, i) => {
    const [y, x] = [Math.floor(i / pictureSide) / pictureSide, (i % pictureSide) / pictureSide];
    return brightness * waves.reduce((sum, [a, b, c]) => sum + 20 * Math.sin(a * y + b * x + c), 110);
  });
}

test('copies among measured photos are found, with the places of all files of their bytes', async context => {
  const store = mkdtempSync(join(tmpdir(), 'finetune-copies-'));
  context.after(() => rmSync(store, { recursive: true }));
  const traits = openTraits(store, () => assert.fail('The store is in order.'));
  const measured = { size: [60, 80], brightness: 110, contrast: 40, highlight: 200, sharpness: 2 } as const;
  traits.put('aa', { ...measured, picture: drawPicture(1, 1) });
  traits.put('bb', { ...measured, picture: drawPicture(2, 1) });
  traits.put('cc', { ...measured, picture: drawPicture(1, 0.9) });
  traits.close();
  const examples = ['dd', 'aa', 'bb', 'cc', 'aa'].map(hash => ({ path: hash, file: hash, label: 0, hash }));
  assert.deepEqual(await findKnownCopies(examples, { store, signal }), [[1, 3, 4]]);
});

test('without a store nothing is known, which is no failure', async () => {
  const examples = [{ path: 'a', file: 'a', label: 0, hash: 'aa' }];
  assert.deepEqual(await findKnownCopies(examples, { store: join(tmpdir(), 'nowhere'), signal }), []);
});
