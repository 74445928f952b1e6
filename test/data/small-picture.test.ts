// The small picture of a photo, made of what a network sees.
import assert from 'node:assert/strict';
import test from 'node:test';
import { mirroredView, originalView, type Pixels, type ResizeRule } from '../../src/data/image-rules.js';
import { pictureSide } from '../../src/data/perceptual-hash.js';
import { showsPicture, shrinkToPicture } from '../../src/data/small-picture.js';

/** Grey values grow to the right and, four times as fast, downwards. */
function draw(side: number, channels: Pixels['channels']): Pixels {
  const data = new Uint8Array(side * side * channels);
  for (let i = 0; i < data.length; i++) {
    const [pixel, channel] = [Math.floor(i / channels), i % channels];
    const isAlpha = channels % 2 === 0 && channel === channels - 1;
    data[i] = isAlpha ? 7 : (40 * (pixel % side)) / side + (160 * Math.floor(pixel / side)) / side;
  }
  return { data, height: side, width: side, channels };
}

for (const [side, channels] of [
  [224, 3],
  [224, 1],
  [224, 4],
  [100, 2],
] as const) {
  test(`${side} pixels of ${channels} channels become the same picture, alpha left out`, () => {
    const picture = shrinkToPicture(draw(side, channels));
    assert.equal(picture.length, pictureSide ** 2);
    for (const [y, x] of [
      [0, 0],
      [3, 30],
      [31, 31],
    ] as const) {
      const expected = (40 * (x + 0.5) + 160 * (y + 0.5)) / pictureSide;
      assert.ok(Math.abs((picture[y * pictureSide + x] ?? 0) - expected) < 3, `at ${y}, ${x}`);
    }
  });
}

const stretch: ResizeRule = { method: 'stretch', interpolation: 'linear', cropFraction: 1 };

test('only what shows the whole image, as it is and large enough, is a picture of it', () => {
  const size = [224, 224] as const;
  assert.equal(showsPicture({ size, resize: stretch }, originalView), true);
  assert.equal(showsPicture({ size, resize: stretch }, mirroredView), false);
  assert.equal(showsPicture({ size, resize: { ...stretch, method: 'crop' } }, originalView), false);
  assert.equal(showsPicture({ size: [224, 32], resize: stretch }, originalView), false);
});
