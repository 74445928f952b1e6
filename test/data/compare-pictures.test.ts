// By what copies of a photo are told from other photos: a hash that finds candidates, gradients that settle it.
import assert from 'node:assert/strict';
import test from 'node:test';
import sharp, { type Sharp } from 'sharp';
import { comparePictures } from '../../src/data/compare-pictures.js';
import { countBits, hashPicture } from '../../src/data/perceptual-hash.js';

/** Waves and a disc: unlike those of other numbers. */
function drawScene(number: number): Buffer {
  const side = 256;
  return Buffer.from(
    Array.from({ length: side * side }, (_, i) => {
      const [y, x] = [Math.floor(i / side) / side, (i % side) / side];
      const waves = Math.sin(9 * x + 5 * number) + Math.cos(13 * y * (1 + (number % 3)) + x * 4);
      const disc = Math.hypot(x - 0.3 - 0.1 * (number % 4), y - 0.6) < 0.2 ? 60 : 0;
      return 100 + 40 * waves + disc;
    }),
  );
}

const scene = (number: number) => sharp(drawScene(number), { raw: { width: 256, height: 256, channels: 1 } });
const pictureOf = async (image: Sharp) =>
  sharp(await image.toColourspace('b-w').png().toBuffer())
    .resize(32, 32, { fit: 'fill' })
    .toColourspace('b-w')
    .raw()
    .toBuffer();

const copies: Readonly<Record<string, () => Promise<Sharp>>> = {
  'compressed again': async () => sharp(await scene(1).jpeg({ quality: 40 }).toBuffer()),
  resized: async () => scene(1).resize(100, 90, { fit: 'fill' }),
  'with 5 % cut off': async () => scene(1).extract({ left: 9, top: 3, width: 243, height: 243 }),
  brighter: async () => scene(1).linear(1.2, 5),
};

for (const [what, make] of Object.entries(copies)) {
  test(`a copy that is ${what} is found`, async () => {
    const [original, copy] = [await pictureOf(scene(1)), await pictureOf(await make())];
    const [[high, low], [otherHigh, otherLow]] = [hashPicture(original), hashPicture(copy)];
    assert.ok(countBits(high ^ otherHigh) + countBits(low ^ otherLow) <= 14);
    assert.ok(comparePictures(original, copy) > 0.85);
  });
}

test('another picture is none', async () => {
  assert.ok(comparePictures(await pictureOf(scene(1)), await pictureOf(scene(2))) < 0.75);
});

test('pictures without any edge are alike to nothing', () => {
  const flat = new Uint8Array(1024).fill(80);
  assert.equal(comparePictures(flat, flat), 0);
});
