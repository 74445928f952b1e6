// On which device a classifier predicts where none is named.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { before } from 'node:test';
import type { PipelineEvent } from '../../src/events.js';
import { listLikelyDevices } from '../../src/inference/devices.js';
import { chooseClassifier } from '../../src/pipeline/choose-classifier.js';
import { silent } from '../../src/system/context.js';
import { copyDigits, finetune, lite, makeFolder, seven } from '../helpers/library.js';

const dir = makeFolder('choose-classifier');
let model = '';

before(async () => {
  process.chdir(dir);
  const data = copyDigits(join(dir, 'digits'), ['1', '7'], 6);
  ({ run: model } = await finetune.train({ data, backbone: lite, inputShape: [32, 32] }));
});

/** Chooses for so many images; without a GPU, WebGPU is a device that fails. */
async function choose(images: number) {
  const events: PipelineEvent[] = [];
  const job = { images: Array.from({ length: images }, () => seven), candidates: ['webgpu'] as const };
  const context = { ...silent, emit: (event: PipelineEvent) => void events.push(event) };
  const classifier = await chooseClassifier({ model, device: 'auto' }, job, context);
  const { label } = await classifier.classify(seven);
  await classifier.close();
  return { device: classifier.device, label, events };
}

test('a machine without a GPU measures nothing', async t => {
  if ((await listLikelyDevices()).length > 0) return t.skip('this machine has a GPU');
  const job = { images: Array.from({ length: 1e6 }, () => 'missing.png') };
  const classifier = await chooseClassifier({ model, device: 'auto' }, job, silent);
  assert.equal(classifier.device, 'cpu');
  await classifier.close();
});

test('for a few images no other device is started', async () => {
  const { device, events } = await choose(3);
  assert.deepEqual([device, events], ['cpu', []]);
});

test('for many the others are tried, and one that fails is not taken', async t => {
  if ((await listLikelyDevices()).length > 0) return t.skip('this machine has a GPU');
  const { device, label, events } = await choose(1e6);
  assert.equal(device, 'cpu');
  assert.ok(label === '1' || label === '7');
  assert.deepEqual(
    events.map(({ type }) => type),
    ['notice'],
  );
  assert.match(JSON.stringify(events), /Device: cpu taken, cpu \d+\.\d images\/s\./);
});
