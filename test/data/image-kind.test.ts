// The input that suits images, where nobody says what a new network is to take.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import sharp from 'sharp';
import { findImageKind } from '../../src/data/image-kind.js';
import { folderWith } from './sample-images.js';

const image = (height: number, width: number, channels: 1 | 3) =>
  sharp({ create: { width, height, channels: 3, background: 'red' } })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .png()
    .toBuffer();

const cases: [what: string, images: Promise<Buffer>[], size: [number, number], channels: number][] = [
  ['small images that are alike', [image(28, 20, 1), image(28, 20, 1)], [28, 20], 1],
  ['one in colour among grey ones', [image(28, 20, 1), image(28, 20, 3)], [28, 20], 3],
  ['images of different sizes', [image(28, 20, 1), image(20, 28, 1)], [96, 96], 1],
  ['large images', [image(200, 200, 3)], [96, 96], 3],
  ['files that cannot be read', [Promise.resolve(Buffer.from('no image'))], [96, 96], 3],
];

for (const [what, images, size, channels] of cases) {
  test(`For ${what} it is ${size.join('x')} with ${channels} channels`, async t => {
    const files = Object.fromEntries((await Promise.all(images)).map((file, i) => [`${i}.png`, file]));
    const dir = await folderWith(t, files);
    const found = await findImageKind(Object.keys(files).map(name => join(dir, name)));
    assert.deepEqual(found, { size, channels });
  });
}
