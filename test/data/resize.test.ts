// The exact rule of resizing, against TensorFlow's numbers, and the decoder's way of following it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import sharp from 'sharp';
import { decodeImage } from '../../src/data/decode.js';
import type { Pixels, ResizeRule, Size } from '../../src/data/image-rules.js';
import { planPlacement, resample } from '../../src/data/resize.js';

interface Golden {
  readonly size: [number, number];
  readonly interpolation: ResizeRule['interpolation'];
  readonly values: readonly number[];
}

const golden: readonly Golden[] = JSON.parse(readFileSync('test/fixtures/images/resize.json', 'utf8')).cases;

/** As the fixture says. */
const small: Pixels = {
  data: Uint8Array.from({ length: 7 * 11 * 3 }, (_, i) => {
    const [c, x, y] = [i % 3, Math.floor(i / 3) % 11, Math.floor(i / 33)];
    return (37 * x + 59 * y + 83 * c + ((13 * x * y) % 101)) % 256;
  }),
  height: 7,
  width: 11,
  channels: 3,
};

for (const { size, interpolation, values } of golden) {
  test(`7 x 11 to ${size.join(' x ')}, ${interpolation}, is TensorFlow's but for rounding`, () => {
    const { data } = resample(small, size, interpolation);
    const off = data.map((value, i) => Math.abs(value - values[i]!));
    assert.equal(data.length, values.length);
    for (const [i, value] of data.entries()) assert.ok(Math.abs(value - values[i]!) <= 0.6, `${i}: ${value}`);
    assert.ok(off.length > 0);
  });
}

const stretch = (interpolation: ResizeRule['interpolation']): ResizeRule => ({
  method: 'stretch',
  interpolation,
  cropFraction: 1,
});

/** Soft colours with some fine detail. */
function photo([height, width]: Size): Pixels {
  const data = Uint8Array.from({ length: height * width * 3 }, (_, i) => {
    const [c, x, y] = [i % 3, Math.floor(i / 3) % width, Math.floor(i / (3 * width))];
    const soft = 60 * Math.sin((7 * x) / width + c) + 45 * Math.cos((9 * y) / height + 2 * c);
    return Math.round(127 + soft + ((x * 7919 + y * 104729) % 17));
  });
  return { data, height, width, channels: 3 };
}

function pngOf({ data, height, width }: Pixels): Promise<Buffer> {
  return sharp(data, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 1 })
    .toBuffer();
}

const meanDifference = (one: Uint8Array, other: Uint8Array) =>
  one.reduce((sum, value, i) => sum + Math.abs(value - other[i]!), 0) / one.length;

const sizes: readonly Size[] = [
  [120, 100],
  [150, 320],
  [333, 150],
  [224, 300],
  [500, 375],
  [880, 700],
];

for (const from of sizes) {
  for (const interpolation of ['linear', 'cubic'] as const) {
    test(`a file of ${from.join(' x ')} is resized by the exact rule, ${interpolation}`, async () => {
      const image = photo(from);
      const file = await pngOf(image);
      const decoded = await decodeImage(file, {
        size: [224, 224],
        channels: 3,
        resize: stretch(interpolation),
      });
      const exact = resample(image, [224, 224], interpolation);
      const mean = meanDifference(decoded.data, exact.data);
      assert.ok(mean <= 0.5, `${mean}`);
    });
  }
}

for (const length of [100, 200, 300]) {
  test(`a wave of ${length} pixels keeps its place when it becomes one of 224`, async () => {
    const wave = (x: number, of: number) => 128 + 100 * Math.sin((2 * Math.PI * 6 * (x + 0.5)) / of);
    const grey = Uint8Array.from({ length: length * length }, (_, i) => Math.round(wave(i % length, length)));
    const raw = { width: length, height: length, channels: 1 } as const;
    const file = await sharp(grey, { raw }).toColourspace('b-w').png().toBuffer();
    const { data } = await decodeImage(file, { size: [224, 224], channels: 1, resize: stretch('cubic') });
    const off = Array.from({ length: 200 }, (_, x) =>
      Math.abs(data[x + 12 + 112 * 224]! - wave(x + 12, 224)),
    );
    assert.ok(Math.max(...off) < 2, `${Math.max(...off)}`);
  });
}

/** How an upright image is stored under each of EXIF's orientations. */
const stored: readonly ((upright: Buffer) => Promise<Buffer>)[] = [
  async image => image,
  image => sharp(image).flop().png().toBuffer(),
  image => sharp(image).rotate(180).png().toBuffer(),
  image => sharp(image).flip().png().toBuffer(),
  async image =>
    sharp(await sharp(image).rotate(90).png().toBuffer())
      .flop()
      .png()
      .toBuffer(),
  image => sharp(image).rotate(270).png().toBuffer(),
  async image =>
    sharp(await sharp(image).rotate(90).png().toBuffer())
      .flip()
      .png()
      .toBuffer(),
  image => sharp(image).rotate(90).png().toBuffer(),
];

for (const [height, width] of [
  [61, 100],
  [150, 149],
  [240, 101],
  [213, 320],
  [427, 640],
] as const) {
  for (const method of ['stretch', 'crop', 'pad'] as const) {
    test(`${height} x ${width} stored in eight orientations is one image, ${method}`, async () => {
      const upright = await pngOf(photo([height, width]));
      const resize: ResizeRule = { method, interpolation: 'cubic', cropFraction: 0.875 };
      const decode = (file: Buffer) => decodeImage(file, { size: [96, 112], channels: 3, resize });
      // Rows and columns are rounded one after the other.
      const expected = await decode(upright);
      for (const [i, store] of stored.entries()) {
        const file = await sharp(await store(upright))
          .withMetadata({ orientation: i + 1 })
          .png()
          .toBuffer();
        const { data } = await decode(file);
        const worst = data.reduce(
          (most, value, at) => Math.max(most, Math.abs(value - expected.data[at]!)),
          0,
        );
        assert.ok(worst <= 2, `orientation ${i + 1} is off by ${worst}`);
      }
    });
  }
}

test('crop and pad leave equal margins on opposite sides', () => {
  for (let length = 40; length < 60; length++) {
    for (const method of ['crop', 'pad'] as const) {
      const rule: ResizeRule = { method, interpolation: 'linear', cropFraction: 0.875 };
      const { from, to } = planPlacement([length, 33], [32, 32], rule);
      assert.equal(from.top * 2 + from.height, length);
      assert.equal(from.left * 2 + from.width, 33);
      assert.equal(to.top * 2 + to.height, 32);
      assert.equal(to.left * 2 + to.width, 32);
    }
  }
});

test('a colour that alpha hides does not bleed into its neighbours', () => {
  const data = Uint8Array.from([255, 0, 0, 0, 10, 20, 30, 255]);
  const pixels = resample({ data, height: 1, width: 2, channels: 4 }, [1, 4], 'linear');
  assert.deepEqual([...pixels.data], [0, 0, 0, 0, 10, 20, 30, 64, 10, 20, 30, 191, 10, 20, 30, 255]);
});
