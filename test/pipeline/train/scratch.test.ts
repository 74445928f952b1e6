// Training a ConvNet from scratch, from end to end on a few digits.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { before } from 'node:test';
import type { PipelineEvent } from '../../../src/events.js';
import { copyDigits, finetune, makeFolder, readRun, trainUntilKilled } from '../../helpers/library.js';

const dir = makeFolder('scratch');
const data = join(dir, 'digits');
const out = join(dir, 'run');
const small = {
  data,
  out,
  backbone: 'convnet',
  force: true,
  epochs: 6,
  batchSize: 16,
  val: 0.2,
  test: 0.2,
  channels: 1,
} as const;

const changed = { ...small, augment: 'light', mirror: 'no' } as const;

before(() => {
  process.chdir(dir);
  copyDigits(data, ['0', '1', '3'], 40);
});

test('A ConvNet learns digits from scratch, at their own size, and predicts as it was trained', async () => {
  const { test, val, head, backbone, images } = await finetune.train(small);
  assert.ok(val!.accuracy > 0.85, String(val!.accuracy));
  assert.match(head.description, /a ConvNet of 23,619 parameters, from scratch for 6 epochs/);
  assert.deepEqual([backbone, images], [undefined, 120]);
  const { inputShape, preprocessing } = JSON.parse(readFileSync(join(out, 'model/card.json'), 'utf8'));
  assert.deepEqual(inputShape, [28, 28, 1]);
  assert.deepEqual(preprocessing, { channelOrder: 'grey', mean: [0], std: [255] });
  const { unseen } = await finetune.evaluate({ data, model: out });
  assert.equal(unseen?.accuracy, test!.accuracy);
  assert.equal(unseen?.loss.toFixed(4), test!.loss.toFixed(4));
});

test('The config that a run keeps repeats it to the bit, new views in each epoch and all', async () => {
  await finetune.train(changed);
  const again = join(dir, 'again');
  await finetune.train({ config: join(out, 'config.yaml'), out: again });
  assert.deepEqual(readRun(again), readRun(out));
});

test('Killed in the middle, the same command goes on, and ends with the weights of an unbroken training', async () => {
  const options = { ...changed, out: join(dir, 'killed') };
  trainUntilKilled(options, dir);
  const events: PipelineEvent[] = [];
  await finetune.train({ ...options, resume: true }, { onEvent: event => void events.push(event) });
  assert.ok(events.some(event => event.type === 'notice' && /Going on after epoch 3/.test(event.message)));
  await finetune.train(changed);
  assert.deepEqual(readRun(options.out), readRun(out));
  await assert.rejects(finetune.train({ ...options, resume: true }), { message: /killed is finished/ });
});

const mistakes: [given: object, message: RegExp][] = [
  [{ inputShape: [8, 8] }, /convnet takes images from 10x10 pixels on. Received: --input-shape 8x8/],
  [{ backbone: undefined, channels: 1 }, /--channels is for --backbone convnet/],
];

for (const [given, message] of mistakes) {
  test(`${JSON.stringify(given)} is refused`, async () => {
    await assert.rejects(finetune.train({ ...small, ...given }), { code: 'bad-option', message });
  });
}
