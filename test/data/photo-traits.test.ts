// What is measured of a photo as a picture.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import sharp from 'sharp';
import { measurePhoto } from '../../src/data/photo-traits.js';
import { folderWith, quartersImage } from './sample-images.js';

async function measure(context: TestContext, bytes: Buffer) {
  const folder = await folderWith(context, { photo: bytes });
  const hash = createHash('sha256').update(bytes).digest('hex');
  return measurePhoto(join(folder, 'photo'), hash);
}

const noise = () =>
  sharp({
    create: {
      ...{ width: 200, height: 160, channels: 3, background: 'grey' },
      noise: { type: 'gaussian', mean: 128, sigma: 60 },
    },
  });

test('a photo has its size, and a blurred one is less sharp', async context => {
  const [sharpOne, blurred] = [
    await measure(context, await noise().jpeg().toBuffer()),
    await measure(context, await noise().blur(6).jpeg().toBuffer()),
  ];
  assert.deepEqual(sharpOne.size, [160, 200]);
  assert.ok(sharpOne.sharpness > 3 * blurred.sharpness);
});

test('a dark photo has low highlights, a flat one no contrast', async context => {
  const dark = await measure(context, await noise().linear(0.2).png().toBuffer());
  const flat = await measure(
    context,
    await sharp({ create: { width: 60, height: 60, channels: 3, background: '#456' } })
      .png()
      .toBuffer(),
  );
  assert.ok(dark.highlight < 64);
  assert.ok(flat.contrast < 1);
});

test('16 bits of which only a small part is used are told', async context => {
  const values = Uint16Array.from({ length: 64 * 64 }, (_, i) => 1000 + i);
  const png = await sharp(values, { raw: { width: 64, height: 64, channels: 1 } })
    .toColourspace('grey16')
    .png()
    .toBuffer();
  assert.deepEqual((await measure(context, png)).narrowRange, [1000, 5095]);
  const plain = await measure(context, await quartersImage().png().toBuffer());
  assert.equal(plain.narrowRange, undefined);
});
