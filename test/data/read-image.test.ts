// From an image to network input: what comes out for each number of channels, each view, and each kind of failure.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import sharp from 'sharp';
import {
  type Channels,
  type InputRules,
  mirroredView,
  type Preprocessing,
} from '../../src/data/image-rules.js';
import { readGoodImage, readImage, reasonOfBadImage } from '../../src/data/read-image.js';
import { FinetuneError } from '../../src/errors.js';
import { folderWith, quartersImage } from './sample-images.js';

const asItIs: Record<Channels, Preprocessing> = {
  1: { channelOrder: 'grey', mean: [0], std: [1] },
  2: { channelOrder: 'grey', mean: [0, 0], std: [1, 1] },
  3: { channelOrder: 'RGB', mean: [0, 0, 0], std: [1, 1, 1] },
  4: { channelOrder: 'RGB', mean: [0, 0, 0, 0], std: [1, 1, 1, 1] },
};

const rules = (channels: Channels, [height, width] = [2, 2]): InputRules => ({
  size: [height!, width!],
  channels,
  resize: { method: 'stretch', interpolation: 'linear', cropFraction: 1 },
  preprocessing: asItIs[channels],
});

const corners = await sharp(Buffer.from([255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]), {
  raw: { width: 2, height: 2, channels: 3 },
})
  .png()
  .toBuffer();

const expected: Record<Channels, readonly number[]> = {
  1: [76, 150, 29, 255],
  2: [76, 255, 150, 255, 29, 255, 255, 255],
  3: [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255],
  4: [255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 255, 255, 255, 255],
};

for (const channels of [1, 2, 3, 4] as const) {
  test(`red, green, blue and white as ${channels} channel(s)`, async () => {
    const { input, shape } = await readGoodImage(corners, rules(channels));
    assert.deepEqual([...input], expected[channels]);
    assert.deepEqual(shape, [1, 2, 2, channels]);
  });
}

// Python: Image.fromarray(rgb).convert('L') and tf.image.rgb_to_grayscale, both on [10, 200, 90], [1, 2, 3], [254, 13, 77].
test('grey is the grey of Pillow and TensorFlow, within 1 of 255', async () => {
  const colours = Buffer.from([10, 200, 90, 1, 2, 3, 254, 13, 77]);
  const image = sharp(colours, { raw: { width: 3, height: 1, channels: 3 } });
  const { input } = await readGoodImage(await image.png().toBuffer(), rules(1, [1, 3]));
  for (const reference of [
    [131, 2, 92],
    [130.649, 1.815, 92.33],
  ]) {
    for (const [i, value] of input.entries()) assert.ok(Math.abs(value - reference[i]!) <= 1, `${input}`);
  }
});

test('a grey image keeps its values in a grey network', async () => {
  const grey = sharp(Buffer.from([0, 17, 128, 255]), { raw: { width: 2, height: 2, channels: 1 } });
  const file = await grey.toColourspace('b-w').png().toBuffer();
  assert.deepEqual([...(await readGoodImage(file, rules(1))).input], [0, 17, 128, 255]);
});

test('a network that takes alpha gets it; for others it is over white', async () => {
  const half = sharp(Buffer.from([255, 0, 0, 128]), { raw: { width: 1, height: 1, channels: 4 } });
  const file = await half.png().toBuffer();
  assert.deepEqual([...(await readGoodImage(file, rules(4, [1, 1]))).input], [255, 0, 0, 128]);
  assert.deepEqual([...(await readGoodImage(file, rules(2, [1, 1]))).input], [76, 128]);
  assert.deepEqual([...(await readGoodImage(file, rules(3, [1, 1]))).input], [255, 127, 127]);
});

test('the mirrored view exchanges left and right of the upright image', async () => {
  const options = { view: mirroredView };
  const { input } = await readGoodImage(corners, rules(3), options);
  assert.deepEqual([...input], [0, 255, 0, 255, 0, 0, 255, 255, 255, 0, 0, 255]);
  const turned = await sharp(corners).rotate(90).withMetadata({ orientation: 8 }).png().toBuffer();
  assert.deepEqual((await readGoodImage(turned, rules(3), options)).input, input);
});

test('the input goes where the caller wants it, and each step is told', async () => {
  const target = new Float32Array(12);
  const steps: string[] = [];
  const { input } = await readGoodImage(corners, rules(3), { target, onStep: step => steps.push(step) });
  assert.equal(input, target);
  assert.deepEqual(steps, ['read', 'decode', 'preprocess']);
});

test('a path, a Buffer and a Uint8Array give the same', async t => {
  const file = await quartersImage().png().toBuffer();
  const root = await folderWith(t, { 'a.png': file });
  const [fromPath, fromBuffer, fromArray] = await Promise.all(
    [join(root, 'a.png'), file, new Uint8Array(file)].map(source => readGoodImage(source, rules(3))),
  );
  assert.deepEqual(fromPath, fromBuffer);
  assert.deepEqual(fromPath, fromArray);
});

test('a bad image is a result with its reason, or an error for who cannot do without', async () => {
  assert.deepEqual(await readImage(Buffer.alloc(0), rules(3)), { reason: 'an empty file' });
  await assert.rejects(readGoodImage('/no/such.jpg', rules(3)), {
    code: 'bad-image',
    message: 'no such file',
  });
});

test('nothing but an error that says so is a bad image', () => {
  assert.equal(reasonOfBadImage(new FinetuneError('bad-image', 'cut short')), 'cut short');
  const others = [new FinetuneError('bad-model', 'no'), new TypeError('no'), 'no'];
  for (const error of others)
    assert.throws(
      () => reasonOfBadImage(error),
      thrown => thrown === error,
    );
});
