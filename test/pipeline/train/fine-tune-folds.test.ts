// Fine-tuning without validation images: each is predicted by a network that was tuned without it.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { before } from 'node:test';
import type { PipelineEvent } from '../../../src/events.js';
import { copyDigits, finetune, makeFolder, readRun, trainUntilKilled } from '../../helpers/library.js';
import { saveSmallBackbone } from '../../helpers/small-backbone.js';

const dir = makeFolder('fine-tune-folds');
const alone = {
  ...{ data: join(dir, 'digits'), store: join(dir, 'store'), backbone: join(dir, 'small'), folds: 2 },
  ...({ taps: 'none', mirror: 'no', precision: 'fp32', engine: 'wasm' } as const),
};
const small = { ...alone, unfreeze: 'conv2d_1', views: 1, epochs: 5, learningRate: 1e-3 };

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
    epochs.filter(([, epoch]) => epoch === 5),
    [
      [1, 5, 30],
      [2, 5, 30],
      [undefined, 5, 60],
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

test('Killed in the middle, the same command goes on, and ends as an unbroken training does', async () => {
  trainUntilKilled({ ...small, out: join(dir, 'killed') }, dir);
  const { epochs, crossValidation, events } = await train('killed', small);
  assert.deepEqual(epochs[0], [1, 4, 30]);
  assert.ok(events.some(event => event.type === 'notice' && /^Fold 1 of 2: Going on/.test(event.message)));
  assert.deepEqual(readRun(join(dir, 'killed')), readRun(join(dir, 'run')));
  assert.deepEqual(crossValidation, unbroken.crossValidation);
});

test('Where no image can be held out, nothing is tuned', async () => {
  const data = copyDigits(join(dir, 'single'), ['0', '1'], 1);
  await assert.rejects(train('few', { ...small, data }), {
    code: 'bad-option',
    message: /none are held out\. Add images/,
  });
});
