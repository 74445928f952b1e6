// --resume: whether there is something to go on with, and what has changed.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { type ErrorCode, FinetuneError } from '../../../src/errors.js';
import { type AttemptRequest, beginAttempt, refuseFinished } from '../../../src/pipeline/train/attempt.js';
import { makeFolder } from '../../helpers/library.js';

const before = process.env.FINETUNE_CACHE;
const folder = makeFolder('attempt');
process.env.FINETUNE_CACHE = join(folder, 'cache');
after(() => {
  process.env.FINETUNE_CACHE = before;
});

const options = { resume: false, epochs: 15, learningRate: undefined, store: 'here', out: 'run' };
const requestFor = (name: string, more: Partial<AttemptRequest> = {}): AttemptRequest => {
  const dir = join(folder, name);
  return {
    ...{ dir, options, dataSet: { fingerprint: 'abc' } },
    plan: { data: 'photos', out: dir, force: false, inputs: {} },
    engine: { name: 'wasm', device: 'cpu', description: 'wasm on the CPU' },
    ...more,
  };
};
const resumed = { ...options, resume: true };

test('What was stopped is gone on with, wherever its features are stored; once it has ended, no more', async () => {
  const { complete } = await beginAttempt(requestFor('stopped'));
  await beginAttempt(requestFor('stopped', { options: { ...resumed, store: 'elsewhere' } }));
  assert.equal(await complete(async () => 'run'), 'run');
  await assert.rejects(beginAttempt(requestFor('stopped', { options: resumed })), {
    code: 'bad-option',
    message: /No training for .*stopped was stopped: there is nothing to go on with/,
  });
});

const changes: [what: string, change: Partial<AttemptRequest>, message: RegExp][] = [
  [
    'another option',
    { options: { ...resumed, epochs: 20 } },
    /--epochs is 20, and was 15 in the training that was stopped/,
  ],
  [
    'an option more',
    { options: { ...resumed, learningRate: 0.1 } },
    /--learning-rate is 0\.1, and was not given/,
  ],
  ['an option less', { options: { resume: true } }, /--epochs is not given, and was 15/],
  ['another data set', { options: resumed, dataSet: { fingerprint: 'abd' } }, /the data set is not what/],
  [
    'another engine',
    { options: resumed, engine: { name: 'tensorflow', device: 'cpu', description: 'TensorFlow' } },
    /the engine is not what/,
  ],
];

for (const [what, change, message] of changes) {
  test(`With ${what} it is refused by name`, async () => {
    await beginAttempt(requestFor('changed'));
    await assert.rejects(beginAttempt(requestFor('changed', change)), { code: 'bad-option', message });
  });
}

test('What is refused after it has begun was not stopped: what was stopped before can be gone on with still', async () => {
  const refused = async (epochs: number, code: ErrorCode) => {
    const { complete } = await beginAttempt(requestFor('refused', { options: { ...options, epochs } }));
    await assert.rejects(
      complete(() => Promise.reject(new FinetuneError(code, 'no'))),
      { code },
    );
  };
  const resume = () => beginAttempt(requestFor('refused', { options: resumed }));
  await refused(15, 'bad-option');
  await assert.rejects(resume(), { message: /No training for .*refused was stopped/ });
  await refused(15, 'not-written');
  await refused(20, 'bad-data-set');
  await resume();
});

test('Where nothing can be kept, training goes on without', async () => {
  const cache = process.env.FINETUNE_CACHE;
  writeFileSync(join(folder, 'file'), '');
  for (const place of [join(folder, 'file'), join(folder, 'file/below')]) {
    process.env.FINETUNE_CACHE = place;
    const { planned, remember, complete } = await beginAttempt(requestFor('kept-nowhere'));
    assert.equal(planned, undefined);
    await remember({ epochs: 5 });
    await complete(async () => undefined);
  }
  process.env.FINETUNE_CACHE = cache;
});

test('What a stopped training had planned for its time holds for the same training, and for no other', async () => {
  const { planned, remember } = await beginAttempt(requestFor('planned'));
  assert.equal(planned, undefined);
  await remember({ views: 3, epochs: 5 });
  const again = await beginAttempt(requestFor('planned', { options: resumed }));
  assert.deepEqual(again.planned, { views: 3, epochs: 5 });
  const other = await beginAttempt(requestFor('planned', { options: { ...options, epochs: 20 } }));
  assert.equal(other.planned, undefined);
});

test('A finished run is not resumed, and said so', async () => {
  const { plan } = requestFor('finished');
  mkdirSync(join(folder, 'finished'));
  assert.throws(() => refuseFinished(plan, true), {
    message: /finished is finished: there is nothing to go on with/,
  });
  refuseFinished(plan, false);
  const request = requestFor('finished', { options: resumed, dir: join(folder, 'finished-2') });
  await assert.rejects(beginAttempt(request), { message: /finished is finished/ });
});
