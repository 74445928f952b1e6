// The loss against its formulas, worked out on plain numbers.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine } from '../../src/engines/start.js';
import {
  type ClassWeights,
  computeLoss,
  type LossPlan,
  plainLoss,
  weighClasses,
} from '../../src/training/loss.js';

before(async () => {
  await startEngine('auto');
});

const probabilities = [
  [0.7, 0.2, 0.1],
  [0.3, 0.3, 0.4],
];
const labels = [0, 2];

const lossOf = (plan: Partial<LossPlan>) =>
  tf.tidy(
    () =>
      computeLoss(tf.tensor2d(probabilities), tf.tensor1d(labels, 'int32'), {
        ...plainLoss,
        ...plan,
      }).dataSync()[0]!,
  );

const logs = [Math.log(0.7), Math.log(0.4)] as const;
const meanLogs = probabilities.map(row => row.reduce((sum, each) => sum + Math.log(each) / 3, 0));

const losses: { name: string; plan: Partial<LossPlan>; expected: number }[] = [
  { name: 'the mean log-loss', plan: {}, expected: -(logs[0] + logs[1]) / 2 },
  {
    name: 'a part of every label is spread over all classes',
    plan: { labelSmoothing: 0.1 },
    expected: -(0.9 * (logs[0] + logs[1]) + 0.1 * (meanLogs[0]! + meanLogs[1]!)) / 2,
  },
  {
    name: 'images of a class that weighs more count more',
    plan: { classWeights: [1, 1, 3] },
    expected: -(logs[0] + 3 * logs[1]) / 4,
  },
  {
    name: 'images that are nearly right count less',
    plan: { focus: 2 },
    expected: -(0.3 ** 2 * logs[0] + 0.6 ** 2 * logs[1]) / 2,
  },
];

for (const { name, plan, expected } of losses) {
  test(`The loss: ${name}`, () => {
    assert.ok(Math.abs(lossOf(plan) - expected) < 1e-5, `${lossOf(plan)} instead of ${expected}`);
  });
}

const weighed: [given: ClassWeights, expected: number[]][] = [
  ['balanced', [4 / 6, 2, 0]],
  [
    [2, 6, 1],
    [2 / 3, 2, 1 / 3],
  ],
];

for (const [given, expected] of weighed) {
  test(`Weights ${given} are such that an image counts 1 on average`, () => {
    assert.deepEqual(weighClasses(given, Int32Array.of(0, 0, 0, 1), 3), expected);
  });
}

test('A probability of 0 gives a finite loss, and a gradient', () => {
  const ofProbabilities = tf.grad((p: tf.Tensor) =>
    computeLoss(p as tf.Tensor2D, tf.tensor1d([0], 'int32'), { ...plainLoss, focus: 0.5 }),
  );
  const gradient = ofProbabilities(tf.tensor2d([[1, 0]])).dataSync();
  assert.ok(gradient.every(Number.isFinite), `${gradient}`);
});
