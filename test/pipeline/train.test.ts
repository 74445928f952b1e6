// train as a program calls it: what it needs, what it tells, and how it is stopped.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import test, { before, describe } from 'node:test';
import type { PipelineEvent } from '../../src/events.js';
import { copyDigits, finetune, lite, makeFolder } from '../helpers/library.js';

const dir = makeFolder('train');
const data = join(dir, 'digits');
const out = join(dir, 'run');
const store = join(dir, 'store');
const small = { data, backbone: lite, inputShape: [32, 32] as const, store, out };

before(() => {
  process.chdir(dir);
  copyDigits(data, ['0', '1', '7'], 20);
});

/** What hangs fails instead of stopping all other tests. */
const limited = { timeout: 120_000 };

/** Nothing of a run, and nothing that was meant to become one. */
function assertNothingLeft(): void {
  assert.equal(existsSync(out), false);
  assert.deepEqual(
    readdirSync(dir).filter(name => name.startsWith('.')),
    [],
  );
}

test('data and a backbone are enough', async () => {
  const { run, val, test, classNames, images } = await finetune.train({ data, backbone: lite });
  assert.equal(run, join(dir, 'runs/digits'));
  assert.deepEqual(classNames, ['0', '1', '7']);
  assert.equal(images, 60);
  assert.ok(val !== undefined && val.accuracy > 0.5);
  assert.equal(test, undefined);
});

test('where no backbone is asked for, the one that is here is taken, and said how to get VGG16', async () => {
  const events: PipelineEvent[] = [];
  const onEvent = (event: PipelineEvent) => void events.push(event);
  await finetune.train({ ...small, backbone: undefined, force: true }, { onEvent });
  const notice = events.find(event => event.type === 'notice');
  assert.match(notice?.message ?? '', /efficientnet-lite0.*vgg16 is not prepared.*`finetune prepare`/s);
  const record = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8'));
  assert.equal(record.base.backbone, 'efficientnet-lite0');
});

test('events come stage by stage, with counts', async () => {
  const events: PipelineEvent[] = [];
  rmSync(store, { recursive: true, force: true });
  await finetune.train(
    { ...small, mirror: 'no', force: true },
    { onEvent: event => void events.push(event) },
  );
  const scan = events.find(event => event.type === 'scan');
  assert.deepEqual(scan, { type: 'scan', images: 60, classes: 3, bad: 0 });
  const features = events.filter(event => event.type === 'features').at(-1);
  assert.deepEqual(features, { type: 'features', done: 60, total: 60 });
});

test('the split of a run says the subset of each image', async () => {
  const { run } = await finetune.train({ ...small, val: 0.3, test: 0.2, force: true });
  const { split } = JSON.parse(readFileSync(join(run, 'run.json'), 'utf8'));
  const subsets = new Set(Object.values<{ subset: string }>(split).map(({ subset }) => subset));
  assert.deepEqual([...subsets].sort(), ['test', 'train', 'val']);
});

test('with nothing held out there are no metrics, and a warning says so', async () => {
  const warnings: string[] = [];
  const onEvent = (event: PipelineEvent) => {
    if (event.type === 'warning') warnings.push(event.message);
  };
  const { val } = await finetune.train({ ...small, val: 0, force: true }, { onEvent });
  assert.equal(val, undefined);
  assert.match(warnings.join('\n'), /No image is held out/);
});

test('a solved head brings its cross-validated accuracy, which the run keeps', async () => {
  const { run, crossValidation, trainImages } = await finetune.train({ ...small, force: true });
  assert.equal(crossValidation?.images, trainImages);
  assert.equal(crossValidation?.accuracies.length, 5);
  const record = JSON.parse(readFileSync(join(run, 'run.json'), 'utf8'));
  assert.deepEqual(record.crossValidation, crossValidation);
});

test('with folds nothing is held out for good: the head is trained on everything, the accuracy cross-validated', async () => {
  const warnings: string[] = [];
  const onEvent = (event: PipelineEvent) => event.type === 'warning' && warnings.push(event.message);
  const given = {
    ...small,
    folds: 3,
    groupBy: '/0(..)',
    headSolver: 'adam',
    epochs: 4,
    force: true,
  } as const;
  const { val, trainImages, crossValidation } = await finetune.train(given, {
    onEvent: e => void onEvent(e),
  });
  assert.deepEqual([val, trainImages], [undefined, 60]);
  assert.equal(crossValidation?.folds, 3);
  assert.equal(crossValidation?.metrics?.perClass.length, 3);
  assert.doesNotMatch(warnings.join('\n'), /No image is held out|No fold/);
});

test('folds are refused where the data folder holds images out itself', async () => {
  const divided = join(dir, 'divided');
  for (const subset of ['train', 'val']) copyDigits(join(divided, subset), ['0', '1'], 2);
  const training = finetune.train({ ...small, data: divided, folds: 3, out: join(dir, 'none') });
  await assert.rejects(training, { code: 'bad-option', message: /the data folder has val\/ for that/ });
});

test('the same seed gives the same model to the bit', async () => {
  const modelOf = async () => {
    const { run } = await finetune.train({ ...small, force: true });
    return readFileSync(join(run, 'model.onnx'));
  };
  assert.ok((await modelOf()).equals(await modelOf()));
});

describe('aborted, training stops and leaves nothing half-written', () => {
  const options = { ...small, hidden: 8, epochs: 20 };
  let events = 0;

  before(async () => {
    rmSync(out, { recursive: true, force: true });
    rmSync(store, { recursive: true, force: true });
    await finetune.train(options, { onEvent: () => void events++ });
  });

  for (const part of [0, 0.05, 0.2, 0.5, 0.95]) {
    test(`after ${part * 100} % of what it tells`, limited, async () => {
      rmSync(out, { recursive: true, force: true });
      rmSync(store, { recursive: true, force: true });
      const stop = new AbortController();
      let left = Math.ceil(events * part);
      const onEvent = () => {
        left--;
        // Not in the listener itself: what is under way goes on for a while.
        if (left === 0) setImmediate(() => stop.abort());
      };
      if (left === 0) stop.abort();
      const training = finetune.train(options, { onEvent, signal: stop.signal });
      await assert.rejects(training, { name: 'AbortError' });
      assertNothingLeft();
    });
  }
});

for (const type of ['scan', 'features', 'epoch'] as const) {
  test(`what a listener throws at ${type} rejects the promise, and nothing is left`, limited, async () => {
    rmSync(out, { recursive: true, force: true });
    rmSync(store, { recursive: true, force: true });
    const mine = new Error('mine');
    const onEvent = (event: PipelineEvent) => {
      if (event.type === type) throw mine;
    };
    await assert.rejects(
      finetune.train({ ...small, hidden: 8, epochs: 3 }, { onEvent }),
      error => error === mine,
    );
    assertNothingLeft();
  });
}

const mistakes: [title: string, given: object, message: RegExp][] = [
  ['no data', { data: undefined }, /No data folder given/],
  ['a name that nobody knows', { epoch: 3 }, /Unknown option "epoch"\. Did you mean epochs\?/],
  ['a backbone that is not prepared', { backbone: 'vgg19' }, /vgg19 is not prepared/],
  ['a folder that is not there', { data: 'nowhere' }, /nowhere/],
  ['options that contradict each other', { headSolver: 'lbfgs', hidden: 8 }, /no hidden layers/],
];

for (const [title, given, message] of mistakes) {
  test(`${title}: the promise rejects with a message, before anything is written`, async () => {
    rmSync(out, { recursive: true, force: true });
    await assert.rejects(finetune.train({ ...small, ...given }), { name: 'FinetuneError', message });
    assertNothingLeft();
  });
}
