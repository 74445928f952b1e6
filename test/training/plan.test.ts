// From options to what is fitted and how.
import assert from 'node:assert/strict';
import test from 'node:test';
import {
  type FitOptions,
  type FitPlan,
  planFit,
  planTuning,
  startOptions,
  type TrainingPlan,
} from '../../src/training/plan.js';
import { noOptions } from './loop-plans.js';

const headLoop: TrainingPlan = {
  ...{ epochs: 100, batchSize: 32, learningRate: 0.001, optimizer: 'adam', schedule: 'cosine', warmup: 0 },
  ...{ weightDecay: 0, clipNorm: undefined, labelSmoothing: 0, focus: 0, classWeights: undefined },
  ...{ ema: undefined, mixup: undefined, targetAccuracy: undefined, patience: 10, seed: 1 },
};

const plans: { given: Partial<FitOptions>; expected: FitPlan }[] = [
  { given: {}, expected: { solver: 'lbfgs', classes: 4, seed: 1, l2: undefined, classWeights: undefined } },
  {
    given: { l2: 0.1, seed: 3, classWeights: [1, 2] },
    expected: { solver: 'lbfgs', classes: 4, seed: 3, l2: 0.1, classWeights: [1, 2] },
  },
  {
    given: { hidden: [8] },
    expected: { ...headLoop, solver: 'adam', classes: 4, hidden: [8], dropout: 0.3 },
  },
  {
    given: { epochs: 7, batchSize: 5, learningRate: 0.1, dropout: 0, warmup: 2, patience: 3 },
    expected: {
      ...{ ...headLoop, epochs: 7, batchSize: 5, learningRate: 0.1, warmup: 2, patience: 3 },
      ...{ solver: 'adam', classes: 4, hidden: [], dropout: 0 },
    },
  },
  {
    given: { headSolver: 'adam', optimizer: 'sgd', ema: 0.9, focalLoss: 2, classWeights: 'balanced' },
    expected: {
      ...{ ...headLoop, optimizer: 'sgd', learningRate: 0.01, ema: 0.9, focus: 2, classWeights: 'balanced' },
      ...{ solver: 'sgd', classes: 4, hidden: [], dropout: 0.3 },
    },
  },
];

for (const { given, expected } of plans) {
  test(`The options ${JSON.stringify(given)} are fitted with ${expected.solver}`, () => {
    assert.deepEqual(planFit({ ...noOptions, ...given }, 4), expected);
  });
}

test('Fine-tuning starts from a solved head, whatever its own epochs are', () => {
  assert.equal(planFit(startOptions({ ...noOptions, epochs: 5, learningRate: 1 }), 4).solver, 'lbfgs');
});

test('Fine-tuning has settings of its own, and each of them can be overridden', () => {
  const usual = planTuning(noOptions);
  assert.deepEqual(
    [usual.optimizer, usual.weightDecay, usual.warmup, usual.patience],
    ['adamw', 0.01, 1, undefined],
  );
  const given = { ...noOptions, optimizer: 'rmsprop', weightDecay: 0, warmup: 9, epochs: 3 } as const;
  const { optimizer, weightDecay, warmup } = planTuning(given);
  assert.deepEqual([optimizer, weightDecay, warmup], ['rmsprop', 0, 2]);
});
