import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import sharp from 'sharp';
import { decodeImage } from '../../src/data/decode.js';
import type { ResizeRule } from '../../src/data/image-rules.js';
import {
  black,
  blue,
  colourAt,
  colourOf,
  folderWith,
  green,
  quartersImage,
  red,
  white,
} from './sample-images.js';

const stretch: ResizeRule = { method: 'stretch', interpolation: 'linear', cropFraction: 1 };
const image = quartersImage();
const hard = { quality: 100, chromaSubsampling: '4:4:4' };

/** The colours in the middle of the four quarters, row by row. */
async function quarterColours(file: Buffer, rule = stretch): Promise<number[][]> {
  const pixels = await decodeImage(file, { size: [40, 60], channels: 3, resize: rule });
  assert.equal(pixels.data.length, 40 * 60 * 3);
  return [
    [0.25, 0.25],
    [0.75, 0.25],
    [0.25, 0.75],
    [0.75, 0.75],
  ].map(([x, y]) => colourAt(pixels, x!, y!));
}

function assertClose(actual: readonly number[][], expected: readonly number[][], tolerance: number): void {
  const worst = Math.max(...actual.flat().map((value, i) => Math.abs(value - expected.flat()[i]!)));
  assert.ok(
    worst <= tolerance,
    `${JSON.stringify(actual)} is ${worst} away from ${JSON.stringify(expected)}`,
  );
}

const formats: Record<string, () => Promise<Buffer>> = {
  JPEG: () => image.clone().jpeg(hard).toBuffer(),
  'progressive JPEG': () =>
    image
      .clone()
      .jpeg({ ...hard, progressive: true })
      .toBuffer(),
  PNG: () => image.clone().png().toBuffer(),
  'interlaced PNG': () => image.clone().png({ progressive: true }).toBuffer(),
  'PNG with a palette': () => image.clone().png({ palette: true }).toBuffer(),
  '16-bit PNG': () => image.clone().toColourspace('rgb16').png().toBuffer(),
  WebP: () => image.clone().webp({ lossless: true }).toBuffer(),
  GIF: () => image.clone().gif().toBuffer(),
  TIFF: () => image.clone().tiff({ compression: 'lzw' }).toBuffer(),
  '16-bit TIFF': () => image.clone().toColourspace('rgb16').tiff({ compression: 'none' }).toBuffer(),
};

for (const [name, make] of Object.entries(formats)) {
  test(`a ${name} is decoded to 8-bit RGB`, async () => {
    assertClose(await quarterColours(await make()), [red, green, blue, white], 3);
  });
}

test('a CMYK JPEG becomes RGB', async () => {
  const file = await image.clone().toColourspace('cmyk').jpeg(hard).toBuffer();
  assert.equal((await sharp(file).metadata()).space, 'cmyk');
  // Printing colours are duller: which channel leads is what must survive.
  const [r, g, b, w] = await quarterColours(file);
  assert.deepEqual(
    [r, g, b].map(colour => colour!.indexOf(Math.max(...colour!))),
    [0, 1, 2],
  );
  assertClose([w!], [white], 3);
});

const greys: Record<string, () => Promise<Buffer>> = {
  JPEG: () => image.clone().toColourspace('b-w').jpeg(hard).toBuffer(),
  PNG: () => image.clone().toColourspace('b-w').png().toBuffer(),
  '16-bit PNG': () => image.clone().toColourspace('grey16').png().toBuffer(),
};

for (const [name, make] of Object.entries(greys)) {
  test(`a grey ${name} has three equal channels`, async () => {
    const file = await make();
    assert.equal((await sharp(file).metadata()).channels, 1);
    const colours = await quarterColours(file);
    for (const [r, g, b] of colours) assert.ok(r === g && g === b, `${r}, ${g}, ${b}`);
    assertClose([colours[3]!], [white], 1);
  });
}

for (const [name, make] of Object.entries({
  PNG: () => image.clone().ensureAlpha(0).png().toBuffer(),
  'grey PNG': () => image.clone().toColourspace('b-w').ensureAlpha(0).png().toBuffer(),
  '16-bit PNG': () => image.clone().ensureAlpha(0).toColourspace('rgb16').png().toBuffer(),
  WebP: () => image.clone().ensureAlpha(0).webp({ lossless: true }).toBuffer(),
  TIFF: () => image.clone().ensureAlpha(0).tiff({ compression: 'none' }).toBuffer(),
})) {
  test(`a transparent ${name} is white`, async () => {
    assertClose(await quarterColours(await make()), [white, white, white, white], 0);
  });
}

test('half transparent red over white is pink', async () => {
  const file = await image.clone().ensureAlpha(0.5).png().toBuffer();
  assertClose([(await quarterColours(file))[0]!], [[255, 128, 128]], 2);
});

for (const format of ['gif', 'webp'] as const) {
  test(`of an animated ${format} the first frame counts`, async () => {
    const frames = await Promise.all(
      ['red', 'blue'].map(background =>
        sharp({ create: { width: 48, height: 32, channels: 3, background } })
          .png()
          .toBuffer(),
      ),
    );
    const file = await sharp(frames, { join: { animated: true } })
      [format]({ loop: 0 })
      .toBuffer();
    assert.equal((await sharp(file).metadata()).pages, 2);
    assertClose(await quarterColours(file), [red, red, red, red], 8);
  });
}

// Which quarter is stored where, from the EXIF standard: 6 = the first row is the right-hand side of the scene.
const storedQuarters = ['RGBW', 'GRWB', 'WBGR', 'BWRG', 'RBGW', 'GWRB', 'WGBR', 'BRWG'];

for (const [i, letters] of storedQuarters.entries()) {
  for (const format of ['jpeg', 'png', 'webp', 'tiff'] as const) {
    test(`a ${format} with EXIF orientation ${i + 1} comes out upright`, async () => {
      const stored = quartersImage([...letters].map(letter => colourOf[letter]!));
      const file = await stored
        .withMetadata({ orientation: i + 1 })
        [format]({ quality: 100 })
        .toBuffer();
      assertClose(await quarterColours(file), [red, green, blue, white], 16);
    });
  }
}

test('stretch keeps the whole photo, crop its centre, pad adds black bars', async () => {
  const wide = await sharp({ create: { width: 200, height: 100, channels: 3, background: 'red' } })
    .composite([
      { input: { create: { width: 100, height: 100, channels: 3, background: 'blue' } }, left: 50, top: 0 },
    ])
    .png()
    .toBuffer();
  const row = async (method: ResizeRule['method'], y = 0.5) => {
    const pixels = await decodeImage(wide, { size: [40, 40], channels: 3, resize: { ...stretch, method } });
    return [0.05, 0.5, 0.95].map(x => colourAt(pixels, x, y));
  };
  assert.deepEqual(await row('stretch'), [red, blue, red]);
  assert.deepEqual(await row('crop'), [blue, blue, blue]);
  assert.deepEqual(await row('pad'), [red, blue, red]);
  assert.deepEqual(await row('pad', 0.05), [black, black, black]);
});

test('crop with a fraction takes that part of the short side', async () => {
  // A white frame of one eighth of the side on a blue square: 0.75 of the side is what it encloses.
  const framed = await sharp({ create: { width: 96, height: 96, channels: 3, background: 'blue' } })
    .extend({ top: 16, bottom: 16, left: 16, right: 16, background: 'white' })
    .png()
    .toBuffer();
  const rule: ResizeRule = { method: 'crop', interpolation: 'cubic', cropFraction: 0.75 };
  assertClose(await quarterColours(framed, rule), [blue, blue, blue, blue], 0);
  const { data } = await decodeImage(framed, {
    size: [48, 48],
    channels: 3,
    resize: { ...rule, cropFraction: 0.875 },
  });
  assert.deepEqual([...data.subarray(0, 3)], white);
});

test('a fine pattern is averaged when scaled down, not sampled', async () => {
  const stripes = Buffer.from(Array.from({ length: 512 * 64 * 3 }, (_, i) => (Math.floor(i / 3) % 2) * 255));
  const file = await sharp(stripes, { raw: { width: 512, height: 64, channels: 3 } })
    .png()
    .toBuffer();
  const { data } = await decodeImage(file, { size: [32, 32], channels: 3, resize: stretch });
  assert.ok(
    data.every(value => Math.abs(value - 128) <= 24),
    `${Math.min(...data)} to ${Math.max(...data)}`,
  );
});

test('a large JPEG, which is scaled down while it loads, looks as if it were not', async () => {
  const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
  const photo = await sharp({ create: { width: 200, height: 150, channels: 3, background: 'red', noise } })
    .resize(1600, 1200)
    .jpeg({ quality: 95 })
    .toBuffer();
  const { data } = await decodeImage(photo, { size: [150, 200], channels: 3, resize: stretch });
  const exact = await sharp(photo)
    .resize(200, 150, { fit: 'fill', kernel: 'linear', fastShrinkOnLoad: false })
    .raw()
    .toBuffer();
  const difference = data.reduce((sum, value, i) => sum + Math.abs(value - exact[i]!), 0) / data.length;
  assert.ok(difference < 3, `${difference}`);
});

for (const [name, filler] of [
  ['a small', 0],
  ['a large', 500_000],
] as const) {
  test(`${name} image is decoded from its path as from its bytes`, async t => {
    const file = Buffer.concat([await image.clone().jpeg().toBuffer(), Buffer.alloc(filler)]);
    const root = await folderWith(t, { 'photo.txt': file });
    const [fromPath, fromBytes] = await Promise.all(
      [join(root, 'photo.txt'), file].map(source =>
        decodeImage(source, { size: [8, 8], channels: 3, resize: stretch }),
      ),
    );
    assert.deepEqual(fromPath, fromBytes);
  });
}

test('a colour profile is applied, and sRGB changes nothing', async () => {
  const plain = await image.clone().modulate({ saturation: 0.5 }).jpeg(hard).toBuffer();
  const tagged = (profile: string) => sharp(plain).withIccProfile(profile).jpeg(hard).toBuffer();
  const upright = await quarterColours(plain);
  assertClose(await quarterColours(await tagged('srgb')), upright, 3);
  assertClose(await quarterColours(await tagged('p3')), upright, 3);
  // The same numbers without the profile are other colours.
  const untagged = await sharp(await tagged('p3'), { ignoreIcc: true })
    .jpeg(hard)
    .toBuffer();
  const [r] = await quarterColours(untagged);
  assert.ok(Math.abs(r![0]! - upright[0]![0]!) > 8, `${r} against ${upright[0]}`);
});
