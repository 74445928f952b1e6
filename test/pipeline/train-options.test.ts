// Training options that contradict each other, and the plans that steps get.
import assert from 'node:assert/strict';
import test from 'node:test';
import { resolveOptions } from '../../src/options.js';
import { planTraining, trainOptions } from '../../src/pipeline/train-options.js';

const plan = (given: object) => planTraining(resolveOptions(trainOptions, { data: 'pets', ...given }));

test('each step gets its own options', () => {
  const { base, split, run } = plan({
    ...{ cut: 'block4_pool', val: 0.3, seed: 7, out: 'runs/mine', store: 'features' },
  });
  assert.equal(base.cut, 'block4_pool');
  assert.deepEqual(split, { val: 0.3, test: undefined, seed: 7 });
  const inputs = { '--data': 'pets', '--store': 'features' };
  assert.deepEqual(run, { data: 'pets', out: 'runs/mine', force: false, inputs });
});

const contradictions: [given: object, message: RegExp][] = [
  [{ headSolver: 'lbfgs', epochs: 3 }, /--head-solver lbfgs .* no hidden layers and no epochs/],
  [{ headSolver: 'lbfgs', hidden: 8 }, /Leave out --hidden and --epochs/],
  [{ l2: 0.1, epochs: 3 }, /--l2 belongs to --head-solver lbfgs/],
  [{ dropout: 0.5 }, /--dropout 0\.5 does nothing here/],
  [{ batchSize: 8 }, /--batch-size 8 does nothing here/],
  [{ learningRate: 0.1 }, /--learning-rate 0\.1 does nothing here/],
  [{ optimizer: 'sgd' }, /--optimizer sgd does nothing here/],
  [{ schedule: 'step' }, /--schedule step does nothing here/],
  [{ warmup: 2 }, /--warmup 2 does nothing here/],
  [{ weightDecay: 0.1 }, /--weight-decay 0\.1 does nothing here/],
  [{ clipNorm: 1 }, /--clip-norm 1 does nothing here/],
  [{ labelSmoothing: 0.1 }, /--label-smoothing 0\.1 does nothing here/],
  [{ focalLoss: 2 }, /--focal-loss 2 does nothing here/],
  [{ classWeights: 'balanced' }, /--class-weights balanced does nothing here/],
  [{ ema: 0.9 }, /--ema 0\.9 does nothing here/],
  [{ patience: 5 }, /--patience 5 does nothing here/],
  [{ verify: true, precision: 'fp32' }, /there is no int8 model/],
];

for (const [given, message] of contradictions) {
  test(`${JSON.stringify(given)} is refused before any work`, () => {
    assert.throws(() => plan(given), { code: 'bad-option', message });
  });
}

const allowed = [
  { l2: 0.1 },
  { epochs: 3, dropout: 0.5 },
  { hidden: [8], batchSize: 4 },
  { headSolver: 'adam' },
];

for (const given of allowed) {
  test(`${JSON.stringify(given)} goes together`, () => {
    plan(given);
  });
}
