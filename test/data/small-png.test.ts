// Small plain PNGs without the decoder: the same pixels as with it, and none where anything is unusual or wrong.
import assert from 'node:assert/strict';
import test from 'node:test';
import sharp from 'sharp';
import { decodeImage } from '../../src/data/decode.js';
import { readPlainPng, renderGreyPng } from '../../src/data/small-png.js';

const [height, width] = [9, 7];
const pixels = (channels: number) =>
  Buffer.from(Array.from({ length: height * width * channels }, (_, i) => (i * i * 7 + i) % 256));
const image = (channels: 1 | 2 | 3 | 4) =>
  sharp(pixels(channels), { raw: { height, width, channels } }).toColourspace(channels < 3 ? 'b-w' : 'srgb');

test('What is written is read back, and the decoder reads the same', async () => {
  const png = renderGreyPng(pixels(1), height, width);
  assert.deepEqual(readPlainPng(png), { data: new Uint8Array(pixels(1)), height, width, channels: 1 });
  assert.deepEqual(await sharp(png).toColourspace('b-w').raw().toBuffer(), pixels(1));
});

for (const channels of [1, 3] as const) {
  for (const adaptiveFiltering of [false, true]) {
    const name = `${channels} channels, ${adaptiveFiltering ? 'with' : 'without'} filters`;
    test(`A file of the decoder's own is read: ${name}`, async () => {
      const found = readPlainPng(await image(channels).png({ adaptiveFiltering }).toBuffer());
      assert.deepEqual(found, { data: new Uint8Array(pixels(channels)), height, width, channels });
    });
  }
}

for (const [from, to] of [
  [1, 1],
  [1, 3],
  [3, 1],
  [3, 3],
] as const) {
  test(`An image is enlarged to the same pixels either way: ${from} channels to ${to}`, async () => {
    const rules = {
      size: [20, 12] as const,
      channels: to,
      resize: { method: 'stretch', interpolation: 'linear', cropFraction: 1 } as const,
    };
    const plain = await image(from).png().toBuffer();
    const interlaced = await image(from).png({ progressive: true }).toBuffer();
    assert.equal(readPlainPng(interlaced), undefined);
    assert.deepEqual(await decodeImage(plain, rules), await decodeImage(interlaced, rules));
  });
}

const plain = renderGreyPng(pixels(1), height, width);
const changed = (at: number, value: number) => {
  const copy = Buffer.from(plain);
  copy[at] = value;
  return copy;
};
const left: [what: string, file: Buffer | Promise<Buffer>][] = [
  ['with transparency', image(4).png().toBuffer()],
  ['with a palette', image(3).png({ palette: true }).toBuffer()],
  ['of 16 bits', image(3).toColourspace('rgb16').png().toBuffer()],
  ['with an orientation', image(3).png().withMetadata({ orientation: 6 }).toBuffer()],
  ['with a colour profile', image(3).png().withIccProfile('p3').toBuffer()],
  ['that is cut short', plain.subarray(0, -1)],
  ['with more after its end', Buffer.concat([plain, Buffer.alloc(1)])],
  ['whose pixels are damaged', changed(45, 255)],
  ['whose header is damaged', changed(17, 200)],
  ['that claims a chunk of 4 GB', changed(33, 255)],
  ['that is no PNG', Buffer.from('GIF89a')],
];

for (const [what, file] of left) {
  test(`A file ${what} is left to the decoder`, async () => {
    assert.equal(readPlainPng(await file), undefined);
  });
}
