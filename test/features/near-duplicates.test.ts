// Groups of copies.
import assert from 'node:assert/strict';
import test from 'node:test';
import { pictureSide } from '../../src/data/perceptual-hash.js';
import { findCopies } from '../../src/features/near-duplicates.js';
import { silent } from '../../src/system/context.js';
import { seededRandom } from '../../src/training/random.js';

const { signal } = silent;

/** Smooth hills at places that the number decides. */
function drawPicture(number: number, brightness = 1): Uint8Array {
  const random = seededRandom(number);
  const hills = Array.from({ length: 6 }, () => [random(), random(), 0.05 + 0.1 * random()] as const);
  return Uint8Array.from({ length: pictureSide ** 2 }, (_, i) => {
    const [y, x] = [Math.floor(i / pictureSide) / pictureSide, (i % pictureSide) / pictureSide];
    const height = hills.reduce(
      (sum, [top, left, width]) => sum + Math.exp(-((y - top) ** 2 + (x - left) ** 2) / width ** 2),
      0,
    );
    return Math.min(255, brightness * (40 + 90 * height));
  });
}

const pictures = [
  { hash: 'a', picture: drawPicture(1) },
  { hash: 'b', picture: drawPicture(2) },
  { hash: 'a', picture: drawPicture(1) },
  { hash: 'c', picture: drawPicture(2, 0.8) },
  { hash: 'd', picture: drawPicture(3) },
];

test('the same file and the same picture make groups, other photos none', async () => {
  assert.deepEqual(await findCopies(pictures, { signal }), [
    [0, 2],
    [1, 3],
  ]);
});

test('photos whose features have little in common are no copies, however alike their pictures', async () => {
  assert.deepEqual(await findCopies(pictures, { similarityOf: () => 0.1, signal }), [[0, 2]]);
});

test('an abort stops the search', async () => {
  await assert.rejects(findCopies(pictures, { signal: AbortSignal.abort() }), { name: 'AbortError' });
});
