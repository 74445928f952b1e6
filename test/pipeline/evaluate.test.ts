// evaluate as a program calls it: what is measured, and what a gate is decided on.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { before } from 'node:test';
import type { PipelineEvent } from '../../src/events.js';
import { checkout } from '../helpers/finetune.js';
import { copyDigits, finetune, lite, makeFolder } from '../helpers/library.js';

const dir = makeFolder('evaluate');
const data = join(dir, 'digits');
const unseen = join(dir, 'unseen');
let run = '';

before(async () => {
  process.chdir(dir);
  copyDigits(data, ['1', '7'], 20);
  ({ run } = await finetune.train({ data, backbone: lite, inputShape: [32, 32] }));
  for (const name of ['1', '7']) {
    mkdirSync(join(unseen, name), { recursive: true });
    cpSync(join(checkout, `datasets/digits-unseen/${name}.png`), join(unseen, name, `${name}.png`));
  }
});

/** Images of the training subset alone. */
function copyTrained(): string {
  const { split } = JSON.parse(readFileSync(join(run, 'run.json'), 'utf8'));
  const trained = join(dir, 'trained');
  rmSync(trained, { recursive: true, force: true });
  for (const [path, { subset }] of Object.entries<{ subset: string }>(split)) {
    if (subset === 'train') cpSync(join(data, path), join(trained, path));
  }
  return trained;
}

test('metrics are of all images; how many the run has seen is said', async () => {
  const { images, seenInTraining, metrics, unseen, gate } = await finetune.evaluate({ model: run, data });
  assert.equal(images, 40);
  assert.ok(seenInTraining > 20 && seenInTraining < 40);
  assert.equal(metrics.perClass.length, 2);
  assert.ok(unseen !== undefined);
  assert.equal(gate, undefined);
});

test('a gate is decided on the images that the run has not seen', async () => {
  const { gate, images, seenInTraining, unseen } = await finetune.evaluate({
    model: run,
    data,
    minAccuracy: 0,
  });
  assert.equal(gate?.images, images - seenInTraining);
  assert.equal(gate?.accuracy, unseen?.accuracy);
  assert.equal(gate?.passed, true);
});

test('where the run has seen every image the gate fails', async () => {
  const { gate } = await finetune.evaluate({ model: run, data: copyTrained(), minAccuracy: 0 });
  assert.deepEqual(gate, { passed: false, minAccuracy: 0, images: 0, accuracy: undefined });
});

test('unless training images are to be counted, too', async () => {
  const given = { model: run, data: copyTrained(), minAccuracy: 0.5, includeTrainingImages: true };
  const { gate, images } = await finetune.evaluate(given);
  assert.equal(gate?.images, images);
  assert.equal(gate?.passed, true);
});

test('without a gate there is nothing that training images could count for', async () => {
  await assert.rejects(finetune.evaluate({ model: run, data, includeTrainingImages: true }), {
    code: 'bad-option',
    message: /--include-training-images is about --min-accuracy/,
  });
});

test('validation images count as seen where they decided which epoch is kept', async () => {
  const given = {
    data,
    backbone: lite,
    inputShape: [32, 32] as const,
    out: join(dir, 'by-epochs'),
    epochs: 3,
  };
  const trained = await finetune.train(given);
  const { images, seenInTraining } = await finetune.evaluate({ model: trained.run, data });
  assert.equal(seenInTraining, images);
});

test('a run of an older version, whose split says side, is read', async () => {
  const old = join(dir, 'old');
  cpSync(run, old, { recursive: true });
  const text = readFileSync(join(run, 'run.json'), 'utf8').replaceAll('"subset"', '"side"');
  writeFileSync(join(old, 'run.json'), text);
  const now = await finetune.evaluate({ model: run, data });
  const then = await finetune.evaluate({ model: old, data });
  assert.equal(then.seenInTraining, now.seenInTraining);
});

test('an image that cannot be read is told of, and is no part of the metrics', async () => {
  writeFileSync(join(unseen, '7', 'broken.png'), 'hello');
  const events: PipelineEvent[] = [];
  const onEvent = (event: PipelineEvent) => void events.push(event);
  const { images, bad } = await finetune.evaluate({ model: run, data: unseen }, { onEvent });
  rmSync(join(unseen, '7', 'broken.png'));
  assert.equal(images, 2);
  assert.equal(bad[0]?.path, '7/broken.png');
  assert.equal(events.filter(({ type }) => type === 'bad-image').length, 1);
});

test('an abort ends it', async () => {
  const stop = new AbortController();
  const onEvent = ({ type }: PipelineEvent) => type === 'evaluate' && stop.abort();
  await assert.rejects(finetune.evaluate({ model: run, data }, { onEvent, signal: stop.signal }), {
    name: 'AbortError',
  });
});

test('a folder that is no class of the run is refused', async () => {
  const strange = copyDigits(join(dir, 'strange'), ['1', '8'], 2);
  await assert.rejects(finetune.evaluate({ model: run, data: strange }), {
    code: 'bad-data-set',
    message: /Folder "8" is no class of this run\. .*: 1, 7\.$/,
  });
});

test('of a folder that is named almost as a class the difference is told', async () => {
  const almost = join(dir, 'almost');
  cpSync(unseen, almost, { recursive: true });
  renameSync(join(almost, '7'), join(almost, '7 '));
  await assert.rejects(finetune.evaluate({ model: run, data: almost }), {
    message: /Folder "7 " is no class .*Its name and "7" differ in spaces: rename the folder\.$/,
  });
});
