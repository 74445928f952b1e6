// What views do to pixels.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import sharp from 'sharp';
import { changePixels } from '../../src/data/change-pixels.js';
import { decodeImage } from '../../src/data/decode.js';
import type { Channels, PixelChange, Pixels } from '../../src/data/image-rules.js';
import { checkout } from '../helpers/finetune.js';

/** Every pixel has a value of its own. */
function ramp(channels: Channels, [height, width] = [5, 5]): Pixels {
  const data = Uint8Array.from({ length: height * width * channels }, (_, i) => (i * 7) % 251);
  return { data, height, width, channels };
}

const sum = (values: Uint8Array) => values.reduce((total, value) => total + value, 0);

/** Which pixel of the image a pixel of the result is. */
const turns: [change: PixelChange, from: (y: number, x: number) => [number, number]][] = [
  [{ rotation: 90 }, (y, x) => [4 - x, y]],
  [{ rotation: 180 }, (y, x) => [4 - y, 4 - x]],
  [{ rotation: -90 }, (y, x) => [x, 4 - y]],
];

for (const [change, from] of turns) {
  test(`${JSON.stringify(change)} turns a square exactly`, async () => {
    const pixels = ramp(3);
    const { data } = await changePixels(pixels, change);
    for (let i = 0; i < 25; i++) {
      const [y, x] = from(Math.floor(i / 5), i % 5);
      assert.deepEqual([...data.slice(i * 3, i * 3 + 3)], [...pixels.data.slice(y * 15 + x * 3).slice(0, 3)]);
    }
  });
}

test('Beyond the edges a turned image goes on as in a mirror: what is of one colour stays so', async () => {
  const data = new Uint8Array(6 * 9 * 3).fill(77);
  const turned = await changePixels({ data, height: 6, width: 9, channels: 3 }, { rotation: 33, shear: 20 });
  assert.deepEqual(turned.data, data);
});

test('Shearing leaves the row in the middle where it is, and moves the others', async () => {
  const pixels = ramp(1);
  const { data } = await changePixels(pixels, { shear: 45 });
  assert.deepEqual(data.slice(10, 15), pixels.data.slice(10, 15));
  assert.deepEqual(data.slice(5, 9), pixels.data.slice(6, 10));
});

test('Brightness and contrast are factors, the latter about the middle grey', async () => {
  const pixels: Pixels = { data: Uint8Array.from([100, 128, 200]), height: 1, width: 1, channels: 3 };
  assert.deepEqual([...(await changePixels(pixels, { brightness: 1.2 })).data], [120, 154, 240]);
  assert.deepEqual([...(await changePixels(pixels, { contrast: 0.5 })).data], [114, 128, 164]);
});

test('Without saturation colours are grey; hue exchanges them', async () => {
  const red: Pixels = { data: Uint8Array.from([200, 40, 40]), height: 1, width: 1, channels: 3 };
  const [r = 0, g = 0, b = 0] = (await changePixels(red, { saturation: 0 })).data;
  assert.ok(Math.max(r, g, b) - Math.min(r, g, b) <= 2, `${r} ${g} ${b}`);
  const [red2 = 0, green2 = 0] = (await changePixels(red, { hue: 120 })).data;
  assert.ok(green2 > red2);
});

test('A blur evens out, and keeps the mean', async () => {
  const pixels = ramp(1, [32, 32]);
  const { data } = await changePixels(pixels, { blur: 2 });
  const spread = (values: Uint8Array) => Math.max(...values) - Math.min(...values);
  assert.ok(spread(data) < spread(pixels.data));
  assert.ok(Math.abs(sum(data) - sum(pixels.data)) < 0.02 * sum(pixels.data));
});

test('What is erased is grey, and the rest stays', async () => {
  const pixels = ramp(3);
  const { data } = await changePixels(pixels, { erased: { top: 0.2, left: 0.4, height: 0.4, width: 0.2 } });
  const changed = [...data.keys()].filter(i => data[i] !== pixels.data[i]).map(i => Math.floor(i / 3));
  assert.deepEqual([...new Set(changed)], [7, 12]);
  assert.deepEqual([...data.slice(21, 24)], [128, 128, 128]);
});

const everything: PixelChange = {
  ...{ rotation: 12, shear: 5, blur: 0.7, brightness: 1.1, contrast: 0.9, saturation: 1.2, hue: 20 },
  erased: { top: 0, left: 0, height: 0.5, width: 0.5 },
};

test('Views are changed after decoding, a small PNG that is read here as every other image', async () => {
  const png = readFileSync(join(checkout, 'datasets/digits-unseen/7.png'));
  const jpeg = await sharp(png).jpeg().toBuffer();
  const change = { erased: { top: 0, left: 0, height: 0.5, width: 1 } };
  const rules = {
    size: [28, 28],
    channels: 1,
    resize: { method: 'stretch', interpolation: 'linear', cropFraction: 1 },
  } as const;
  for (const bytes of [png, jpeg]) {
    const { data } = await decodeImage(bytes, rules, { view: { key: '', mirrored: false, change } });
    assert.ok(
      data.slice(0, 392).every(value => value === 128) && data.slice(392).some(value => value !== 128),
    );
  }
});

for (const channels of [1, 2, 3, 4] as const) {
  test(`Images of ${channels} channels keep them, alpha untouched by colours, and the same change repeats to the bit`, async () => {
    const pixels = ramp(channels, [16, 24]);
    const alphas = [...pixels.data.keys()].filter(i => channels % 2 === 0 && i % channels === channels - 1);
    for (const i of alphas) pixels.data[i] = 255;
    const once = await changePixels(pixels, everything);
    assert.equal(once.data.length, pixels.data.length);
    assert.deepEqual(await changePixels(pixels, everything), once);
    assert.ok(alphas.every(i => once.data[i] === 255));
  });
}
