// The images that `finetune bench` runs networks on.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { InputRules } from '../../src/data/image-rules.js';
import type { PipelineEvent } from '../../src/events.js';
import { openBenchImages } from '../../src/features/bench-images.js';
import { silent } from '../../src/system/context.js';
import { checkout } from '../helpers/finetune.js';

const digits = join(checkout, 'datasets/digits');
const folder = mkdtempSync(join(tmpdir(), 'finetune-bench-images-'));
after(() => rmSync(folder, { recursive: true }));

const resize = { method: 'stretch', interpolation: 'linear', cropFraction: 1 } as const;
const colours: InputRules = {
  ...{ size: [12, 10], channels: 3, resize },
  preprocessing: { channelOrder: 'RGB', mean: [127, 127, 127], std: [128, 128, 128] },
};
const grey: InputRules = {
  ...{ size: [8, 8], channels: 1, resize },
  preprocessing: { channelOrder: 'grey', mean: [0], std: [255] },
};

test('without a folder eight images are made up, always the same, in the size and channels of the network', async () => {
  const make = await openBenchImages(undefined, silent);
  const images = await make(colours);
  assert.equal(images.length, 8);
  assert.ok(images.every(({ input, shape }) => input.length === 360 && shape.join() === '1,12,10,3'));
  assert.deepEqual(await make(colours), images);
  assert.deepEqual((await make(grey))[0]?.shape, [1, 8, 8, 1]);
});

test('of a large folder 32 images are taken, from every class', async () => {
  const images = await (await openBenchImages(digits, silent))(colours);
  assert.equal(images.length, 32);
});

test('an image that cannot be read is told of once, whatever number of networks it is read for', async () => {
  const some = join(folder, 'some');
  cpSync(join(checkout, 'datasets/digits-unseen'), some, { recursive: true });
  writeFileSync(join(some, 'broken.png'), 'hello');
  const events: PipelineEvent[] = [];
  const read = await openBenchImages(some, { ...silent, emit: event => void events.push(event) });
  assert.equal((await read(colours)).length, (await read(grey)).length);
  assert.deepEqual(
    events.map(({ type }) => type),
    ['bad-image'],
  );
});

test('reading stops when it is told to', async () => {
  const read = await openBenchImages(digits, { ...silent, signal: AbortSignal.abort(new Error('enough')) });
  await assert.rejects(read(colours), /enough/);
});

mkdirSync(join(folder, 'empty'));
writeFileSync(join(folder, 'empty/notes.txt'), 'no image');
for (const [name, code] of [
  ['none', 'not-found'],
  ['empty', 'bad-data-set'],
] as const) {
  test(`a folder that is ${name === 'none' ? 'missing' : 'empty'} is named`, async () => {
    await assert.rejects(openBenchImages(join(folder, name), silent), { code, message: new RegExp(name) });
  });
}

test('a folder of which no image can be read is named', async () => {
  const broken = join(folder, 'broken');
  mkdirSync(broken);
  writeFileSync(join(broken, 'one.png'), 'hello');
  const read = await openBenchImages(broken, silent);
  await assert.rejects(read(colours), { code: 'bad-data-set', message: /No image in .*broken can be read/ });
});
