// What is settled before a training has seen an image, and what stops it there.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import test, { before } from 'node:test';
import type { PipelineEvent } from '../../../src/events.js';
import { silent } from '../../../src/system/context.js';
import { copyDigits, makeFolder } from '../../helpers/library.js';
import { makeRun } from '../../helpers/run-folder.js';
import { saveSmallBackbone } from '../../helpers/small-backbone.js';
import { beginOn } from './begin-digits.js';

const dir = makeFolder('begin');
const data = join(dir, 'digits');
const backbone = join(dir, 'small');
const small = { data, backbone };

before(async () => {
  process.chdir(dir);
  copyDigits(data, ['0', '1', '7'], 10);
  makeRun(join(dir, 'finished'));
  await saveSmallBackbone(backbone, 'small');
});

test('backbone, folder, data set, split and engine are settled, and nothing is written into the folder', async () => {
  const events: PipelineEvent[] = [];
  const given = { ...small, val: 0.3, groupBy: '/0(.)' };
  const job = await beginOn(given, { ...silent, emit: event => void events.push(event) });
  assert.deepEqual([job.dir, job.run.inputs['--backbone']], [join(dir, 'runs/digits'), backbone]);
  assert.deepEqual([job.base.taps, job.base.size], [['max_pooling2d'], [28, 28]]);
  assert.deepEqual([job.scanned.examples.length, job.scanned.classNames], [30, ['0', '1', '7']]);
  const { train, val, test } = job.divided.split;
  assert.deepEqual([train.length + val.length, test.length], [30, 0]);
  assert.ok(job.divided.dataSet.examples.every(({ group }) => group?.startsWith(' name ')));
  assert.deepEqual([job.engine.name, job.opened], ['wasm', []]);
  assert.deepEqual(Object.keys(job.timer.seconds()), ['start', 'scan', 'engine', 'total']);
  assert.deepEqual(events.at(-1), { type: 'scan', images: 30, classes: 3, bad: 0 });
  assert.ok(!readdirSync(dir).includes('runs'));
});

test('a backbone is kept under the name that repeats the training, whoever named it', async () => {
  assert.equal((await beginOn(small)).options.backbone, backbone);
  assert.equal((await beginOn({ data, taps: 'none' })).options.backbone, 'efficientnet-lite0');
});

const mistakes: [what: string, given: object, message: RegExp][] = [
  ['options that contradict each other', { headSolver: 'lbfgs', hidden: 8 }, /no hidden layers/],
  ['a backbone that is not prepared', { backbone: 'vgg19' }, /vgg19 is not prepared/],
  ['a folder that is there', { out: 'finished' }, /finished exists already/],
  [
    'a finished run to go on with',
    { out: 'finished', resume: true },
    /is finished: there is nothing to go on with/,
  ],
];

for (const [what, given, message] of mistakes) {
  test(`${what}: it is refused before the data folder is looked at`, async () => {
    await assert.rejects(beginOn({ ...small, data: 'nowhere', ...given }), {
      name: 'FinetuneError',
      message,
    });
  });
}

test('where nothing was stopped there is nothing to go on with', async () => {
  await assert.rejects(beginOn({ ...small, out: 'new', resume: true }), {
    code: 'bad-option',
    message: /No training for/,
  });
});

test('an abort stops it', async () => {
  await assert.rejects(beginOn(small, { ...silent, signal: AbortSignal.abort() }), { name: 'AbortError' });
});
