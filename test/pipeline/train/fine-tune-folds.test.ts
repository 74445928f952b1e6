// Fine-tuning without validation images: each is predicted by a network that was tuned without it.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { before } from 'node:test';
import type { PipelineEvent } from '../../../src/events.js';
import { copyDigits, finetune, makeFolder, readRun } from '../../helpers/library.js';
import { saveSmallBackbone } from '../../helpers/small-backbone.js';

const dir = makeFolder('fine-tune-folds');
const alone = {
  ...{ data: join(dir, 'digits'), store: join(dir, 'store'), backbone: join(dir, 'small'), folds: 2 },
  ...({ taps: 'none', mirror: 'no', precision: 'fp32', engine: 'wasm' } as const),
};
const small = { ...alone, unfreeze: 'conv2d_1', views: 1, epochs: 4, learningRate: 1e-3 };

async function train(out: string, options: object) {
  const events: PipelineEvent[] = [];
  const onEvent = (event: PipelineEvent) => void events.push(event);
  const result = await finetune.train({ ...alone, ...options, out: join(dir, out) }, { onEvent });
  const epochs = events.flatMap(event =>
    event.type === 'epoch' ? [[event.fold?.number, event.epoch.epoch, event.images]] : [],
  );
  return { ...result, epochs, events };
}

let unbroken: Awaited<ReturnType<typeof train>>;

before(async () => {
  process.chdir(dir);
  await saveSmallBackbone(alone.backbone, 'small');
  copyDigits(alone.data, ['3', '5', '8'], 20);
});

test('What is no better on images that folds hold out is not trained on all: the head stays, as folds measure it', async () => {
  const { head, crossValidation, epochs } = await train('weak', { ...small, epochs: 1, learningRate: 1e-8 });
  assert.deepEqual(epochs, [
    [1, 1, 30],
    [2, 1, 30],
  ]);
  assert.match(head.description, /no better .* of 60 held-out images right, .*: the head stays$/);
  assert.deepEqual(crossValidation, (await train('head', {})).crossValidation);
});

test('What is better is trained on all, from views that are stored once; its accuracy is that of the folds', async () => {
  unbroken = await train('run', small);
  const { head, crossValidation, val, epochs, events } = unbroken;
  assert.deepEqual(
    epochs.filter(([, epoch]) => epoch === 4),
    [
      [1, 4, 30],
      [2, 4, 30],
      [undefined, 4, 60],
    ],
  );
  const { after, crossValidated } = head.tuning as Record<string, unknown>;
  assert.deepEqual([val, crossValidation?.folds, crossValidation?.images], [undefined, 2, 60]);
  assert.equal(crossValidation?.accuracy, Number(after) / 60);
  const { accuracy, deviation } = crossValidation;
  assert.deepEqual((crossValidated as { after: object }).after, { accuracy, deviation });
  // As they are they lie in the store, from the training before; in the views of that one, too.
  assert.ok(events.every(event => event.type !== 'features'));
});

test('Stopped in a later fold, the same command trains none of the folds before, and ends as an unbroken training does', async () => {
  const stop = new AbortController();
  const onEvent = (event: PipelineEvent) =>
    event.type === 'epoch' && event.fold?.number === 2 && event.epoch.epoch === 3 && stop.abort();
  const callbacks = { onEvent: (event: PipelineEvent) => void onEvent(event), signal: stop.signal };
  await assert.rejects(finetune.train({ ...small, out: join(dir, 'stopped') }, callbacks));
  const { epochs, crossValidation, events } = await train('stopped', small);
  assert.equal(epochs[0]?.[0], 2);
  assert.ok(events.some(event => event.type === 'notice' && /^Fold 2 of 2: Going on/.test(event.message)));
  assert.deepEqual(readRun(join(dir, 'stopped')), readRun(join(dir, 'run')));
  assert.deepEqual(crossValidation, unbroken.crossValidation);
});

test('Where no image can be held out, nothing is tuned', async () => {
  const data = copyDigits(join(dir, 'single'), ['0', '1'], 1);
  await assert.rejects(train('few', { ...small, data }), {
    code: 'bad-option',
    message: /none are held out\. Add images/,
  });
});
