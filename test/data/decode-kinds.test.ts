// Kinds of image files that decoders get wrong: read right, or refused by their true reason.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import sharp from 'sharp';
import { decodeImage } from '../../src/data/decode.js';
import type { ResizeRule } from '../../src/data/image-rules.js';
import { unreadableTiff } from '../../src/data/tiff.js';
import { colourAt, quartersImage, red, tiffWith, white } from './sample-images.js';

const stretch: ResizeRule = { method: 'stretch', interpolation: 'linear', cropFraction: 1 };
const decode = (file: Buffer) => decodeImage(file, { size: [32, 48], channels: 3, resize: stretch });
const fixture = (name: string) => readFileSync(join('test/fixtures/images', name));

const refused: Record<string, readonly [Buffer, RegExp]> = {
  'a JPEG with 12 bits': [fixture('twelve-bits.jpg'), /^JPEG with 12 bits a sample is not read: convert it/],
  'a JPEG-LS': [fixture('jpeg-ls.jpg'), /^JPEG-LS is not read/],
  'a TIFF in YCbCr': [tiffWith({ 262: 6 }), /^TIFF in YCbCr is not read/],
  'a TIFF in Lab': [tiffWith({ 262: 8 }), /^TIFF in Lab is not read/],
  'a TIFF in floating point': [
    tiffWith({ 339: 3, 258: 32 }),
    /^TIFF with floating-point samples is not read/,
  ],
  'a TIFF with signed samples': [tiffWith({ 339: 2 }), /^TIFF with samples other than whole numbers from 0/],
  'a TIFF with 32 bits': [tiffWith({ 258: 32 }), /^TIFF with 32 bits a sample is not read/],
  'a TIFF with 12 bits': [tiffWith({ 258: 12 }), /^TIFF with 12 bits a sample is not read/],
  'a TIFF with infrared beside its colours': [
    tiffWith({ 277: 4, 338: 0 }),
    /^TIFF with a channel that is neither colour nor alpha is not read/,
  ],
  'a mosaic of a raw photo': [tiffWith({ 262: 32803, 277: 1 }), /^a raw photo of a camera is not read/],
  'a TIFF in LogLuv': [tiffWith({ 262: 32845 }), /^TIFF in LogLuv is not read/],
  'a TIFF with five channels': [tiffWith({ 277: 5 }), /^TIFF with 5 channels is not read/],
  'a TIFF with ZSTD compression': [fixture('zstd.tif'), /^TIFF with ZSTD compression is not read/],
  'a thumbnail of a raw photo': [tiffWith({ 254: 1 }), /^a raw photo of a camera is not read/],
  'a PPM': [Buffer.from('P6\n2 2\n255\n............'), /^PPM is not read/],
  'a Photoshop file': [Buffer.from('8BPS\0\x01'.padEnd(64, '\0'), 'latin1'), /^PSD is not read/],
};

for (const [name, [file, message]] of Object.entries(refused)) {
  test(`${name} is refused by its reason, not as damaged`, async () => {
    await assert.rejects(decode(file), { code: 'bad-image', message });
  });
}

test('a fourth channel of which a TIFF says nothing is alpha', () => {
  assert.equal(unreadableTiff(tiffWith({ 277: 4 })), undefined);
});

test('a BigTIFF is read', async () => {
  const { data } = await decode(fixture('big.tif'));
  assert.ok(data.some(value => value > 50));
});

test('zeros in the scan header of a Samsung camera are no damage', async () => {
  assert.deepEqual(await decode(fixture('samsung.jpg')), await decode(fixture('samsung-mended.jpg')));
});

for (const format of ['webp', 'png'] as const) {
  test(`colours that alpha hides do not bleed in when a ${format} is scaled down`, async () => {
    const [width, height] = [480, 320];
    // Red on the left; on the right a bright green that nobody sees.
    const pixels = Buffer.from(
      Array.from({ length: width * height }, (_, i) =>
        i % width < width / 2 ? [255, 0, 0, 255] : [0, 255, 0, 0],
      ).flat(),
    );
    const image = sharp(pixels, { raw: { width, height, channels: 4 } });
    const file = await image[format]({ lossless: true, exact: true, effort: 1 } as object).toBuffer();
    const { data } = await decode(file);
    for (let i = 0; i < data.length; i += 3) {
      const [r, g, b] = [data[i]!, data[i + 1]!, data[i + 2]!];
      assert.ok(r >= 254 && Math.abs(g - b) <= 1, `${r}, ${g}, ${b}`);
    }
    assert.deepEqual(
      [
        colourAt({ data, width: 48, height: 32 }, 0.1, 0.5),
        colourAt({ data, width: 48, height: 32 }, 0.9, 0.5),
      ],
      [red, white],
    );
  });
}

test('what the first frame of a GIF leaves of its canvas is transparent: white, as in browsers', async () => {
  const file = await sharp({ create: { width: 24, height: 16, channels: 3, background: 'red' } })
    .gif()
    .toBuffer();
  file.writeUInt16LE(48, 6);
  file.writeUInt16LE(32, 8);
  const { data } = await decode(file);
  const at = (x: number, y: number) => colourAt({ data, width: 48, height: 32 }, x, y);
  assert.deepEqual([at(0, 0), at(0.49, 0.49), at(0.51, 0), at(0, 0.51)], [red, red, white, white]);
  const seeThrough = await decodeImage(file, { size: [32, 48], channels: 4, resize: stretch });
  assert.deepEqual([seeThrough.data[3], seeThrough.data.at(-1)], [255, 0]);
});

test('a grey JPEG is read without a profile for colours that lies in it', async () => {
  const grey = await sharp(await quartersImage().png().toBuffer())
    .toColourspace('b-w')
    .jpeg()
    .toBuffer();
  const { icc } = await sharp(await quartersImage().withIccProfile('p3').jpeg().toBuffer()).metadata();
  // A curve that makes greys lighter, in place of that of sRGB.
  icc!.writeInt32BE(2 ** 16, icc!.indexOf('para') + 12);
  const body = Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\x01', 'latin1'), icc!]);
  const marker = Buffer.from([0xff, 0xe2, (body.length + 2) >> 8, (body.length + 2) & 255]);
  const profiled = Buffer.concat([grey.subarray(0, 2), marker, body, grey.subarray(2)]);
  assert.deepEqual((await decode(profiled)).data, (await decode(grey)).data);
});

test('a WebP is scaled down by the same rule as a PNG', async () => {
  const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
  const png = await sharp({ create: { width: 300, height: 200, channels: 3, background: 'grey', noise } })
    .png()
    .toBuffer();
  const webp = await sharp(png).webp({ lossless: true }).toBuffer();
  assert.deepEqual(await decode(webp), await decode(png));
});

test('an endless device is refused at once, and a file without length is read', {
  skip: process.platform !== 'linux',
}, async () => {
  await assert.rejects(decodeImage('/dev/zero', { size: [8, 8], channels: 3, resize: stretch }), {
    code: 'bad-image',
    message: 'a device, not a file',
  });
  await assert.rejects(decodeImage('/proc/self/status', { size: [8, 8], channels: 3, resize: stretch }), {
    code: 'bad-image',
    message: /^no image/,
  });
});

test('a quarter turn of a photo is found in every kind of file', async () => {
  const upright = await quartersImage().png().toBuffer();
  const turned = await sharp(upright).rotate(270).png().toBuffer();
  for (const format of ['jpeg', 'png', 'webp', 'tiff'] as const) {
    const file = await sharp(turned).withMetadata({ orientation: 6 })[format]({ quality: 100 }).toBuffer();
    const { data } = await decode(file);
    const expected = (await decode(upright)).data;
    const mean = data.reduce((sum, value, i) => sum + Math.abs(value - expected[i]!), 0) / data.length;
    assert.ok(mean < 4, `${format}: ${mean}`);
  }
});
