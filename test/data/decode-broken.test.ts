// What happens to files that are broken, hostile, or no images.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import sharp from 'sharp';
import { decodeImage } from '../../src/data/decode.js';
import type { ResizeRule } from '../../src/data/image-rules.js';
import { flipByte, folderWith, headerOfBmp, promisingPng, quartersImage } from './sample-images.js';

const stretch: ResizeRule = { method: 'stretch', interpolation: 'linear', cropFraction: 1 };
const jpeg = await quartersImage().resize(480, 320).jpeg({ quality: 95 }).toBuffer();
const noise = await sharp({
  create: {
    width: 64,
    height: 64,
    channels: 3,
    background: 'red',
    noise: { type: 'gaussian', mean: 128, sigma: 60 },
  },
})
  .png()
  .toBuffer();
const cut = (file: Buffer, part: number) => file.subarray(0, Math.floor(file.length * part));

/** With another size in its frame header. */
function sizedJpeg(width: number, height: number): Buffer {
  const file = Buffer.from(jpeg);
  const frame = file.indexOf(Buffer.from([0xff, 0xc0]));
  file.writeUInt16BE(height, frame + 5);
  file.writeUInt16BE(width, frame + 7);
  return file;
}

/** Some decoders cannot tell. */
const cutOrDamaged = /^(cut short: the file ends too early|damaged: it cannot be decoded)$/;

const broken: Record<string, readonly [Buffer, RegExp]> = {
  'an empty file': [Buffer.alloc(0), /^an empty file$/],
  'a text': [
    Buffer.from('<html>404</html>'),
    /no image: its contents are none of JPEG, PNG, WebP, GIF, TIFF/,
  ],
  'a JPEG cut in its middle': [cut(jpeg, 0.6), /^cut short: the file ends too early$/],
  'a JPEG without its last hundred bytes': [jpeg.subarray(0, -100), /^cut short: the file ends too early$/],
  'a JPEG cut in its header': [jpeg.subarray(0, 150), cutOrDamaged],
  'a PNG cut in its middle': [cut(noise, 0.6), cutOrDamaged],
  'a PNG with a flipped byte': [flipByte(noise, 0.5), /^damaged: it cannot be decoded$/],
  'a WebP cut in its middle': [cut(await sharp(noise).webp().toBuffer(), 0.6), cutOrDamaged],
  'a GIF cut in its middle': [
    cut(await sharp(noise).gif().toBuffer(), 0.6),
    /^cut short: the file ends too early$/,
  ],
  'a TIFF cut in its middle': [cut(await sharp(noise).tiff().toBuffer(), 0.6), cutOrDamaged],
  'a JPEG without width': [sizedJpeg(0, 320), cutOrDamaged],
  'a JPEG without height': [sizedJpeg(480, 0), cutOrDamaged],
  'a decompression bomb': [promisingPng(60_000, 60_000), /^more than 201 million pixels$/],
  'an SVG': [Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>'), /^no image/],
  'a BMP': [headerOfBmp(), /^BMP is not read: convert it to JPEG or PNG$/],
  'a HEIC': [Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'), /^HEIC is not read/],
};

for (const [name, [file, message]] of Object.entries(broken)) {
  test(`${name} is a bad image with its reason`, async () => {
    await assert.rejects(decodeImage(file, { size: [8, 8], channels: 3, resize: stretch }), {
      name: 'FinetuneError',
      code: 'bad-image',
      message,
    });
  });
}

test('damage inside a JPEG is an error, not a grey area', async () => {
  const start = jpeg.indexOf(Buffer.from([0xff, 0xda])) + 400;
  const damaged = Buffer.from(jpeg);
  damaged.fill(0xff, start, start + 3).fill(0xc0, start + 3, start + 4);
  await assert.rejects(decodeImage(damaged, { size: [8, 8], channels: 3, resize: stretch }), {
    code: 'bad-image',
  });
});

test('a missing file and a folder are bad images', async t => {
  const root = await folderWith(t, { 'a.jpg': jpeg });
  await assert.rejects(decodeImage(join(root, 'b.jpg'), { size: [8, 8], channels: 3, resize: stretch }), {
    code: 'bad-image',
    message: 'no such file',
  });
  await assert.rejects(decodeImage(root, { size: [8, 8], channels: 3, resize: stretch }), {
    code: 'bad-image',
    message: 'a folder, not a file',
  });
});
