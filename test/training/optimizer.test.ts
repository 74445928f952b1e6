// Optimizers against their formulas, worked out on plain numbers; and what holds the weights back.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine } from '../../src/engines/start.js';
import { Optimizer, type OptimizerName, type OptimizerPlan } from '../../src/training/optimizer.js';

before(async () => {
  await startEngine('auto');
});

const gradients = [0.5, -0.2, 0.1];
const start = 1;
const rate = 0.1;

/** A weight `[1, 1]` after the gradients, one step each. */
function moved(plan: OptimizerPlan, { factor = 1, shape = [1, 1] } = {}): number {
  const variable = tf.variable(tf.fill(shape, start));
  const optimizer = new Optimizer([{ variable, factor }], plan);
  for (const gradient of gradients) optimizer.step([tf.fill(shape, gradient)], rate);
  const [weight] = optimizer.readWeights()[0]!;
  optimizer.dispose();
  variable.dispose();
  return weight!;
}

const byHand: Record<Exclude<OptimizerName, 'adamw'>, () => number> = {
  adam() {
    let [weight, mean, square] = [start, 0, 0];
    gradients.forEach((gradient, i) => {
      mean = 0.9 * mean + 0.1 * gradient;
      square = 0.999 * square + 0.001 * gradient ** 2;
      const corrected = (rate * Math.sqrt(1 - 0.999 ** (i + 1))) / (1 - 0.9 ** (i + 1));
      weight -= (corrected * mean) / (Math.sqrt(square) + 1e-7);
    });
    return weight;
  },
  sgd() {
    let [weight, velocity] = [start, 0];
    for (const gradient of gradients) {
      velocity = 0.9 * velocity + gradient;
      weight -= rate * (gradient + 0.9 * velocity);
    }
    return weight;
  },
  rmsprop() {
    let [weight, square] = [start, 0];
    for (const gradient of gradients) {
      square = 0.9 * square + 0.1 * gradient ** 2;
      weight -= (rate * gradient) / Math.sqrt(square + 1e-7);
    }
    return weight;
  },
};

const isNear = (value: number, expected: number) =>
  assert.ok(Math.abs(value - expected) < 1e-5, `${value} instead of ${expected}`);

for (const [name, expected] of Object.entries(byHand)) {
  test(`${name} moves a weight as its formula says`, () => {
    isNear(moved({ optimizer: name as OptimizerName, weightDecay: 0 }), expected());
  });
}

test('adam keeps a state of its own for every weight, of whatever shape', () => {
  const plan = { optimizer: 'adam', weightDecay: 0 } as const;
  const variables = [tf.variable(tf.fill([2, 3], start)), tf.variable(tf.fill([1], start))];
  const optimizer = new Optimizer(
    variables.map(variable => ({ variable, factor: 1 })),
    plan,
  );
  for (const gradient of gradients) optimizer.step([tf.fill([2, 3], gradient), tf.fill([1], 1)], rate);
  const [first, last] = optimizer.readWeights();
  for (const weight of first!) isNear(weight, byHand.adam());
  // With gradients that stay the same, every step is of the whole rate.
  isNear(last![0]!, start - rate * gradients.length);
  const [mean, square] = optimizer.readState().slots.map(ofSlot => ofSlot[1]![0]!);
  isNear(mean!, 1 - 0.9 ** gradients.length);
  isNear(square!, 1 - 0.999 ** gradients.length);
  optimizer.dispose();
  tf.dispose(variables);
});

test('Weight decay takes its part of kernels at every step, apart from the gradient; biases stay', () => {
  const plan = { optimizer: 'sgd', weightDecay: 0.5 } as const;
  let [weight, velocity] = [start, 0];
  for (const gradient of gradients) {
    velocity = 0.9 * velocity + gradient;
    weight = weight * (1 - rate * 0.5) - rate * (gradient + 0.9 * velocity);
  }
  isNear(moved(plan), weight);
  isNear(moved(plan, { shape: [1] }), byHand.sgd());
});

test('A factor makes the rate of its layer smaller', () => {
  const plan = { optimizer: 'sgd', weightDecay: 0 } as const;
  isNear(start - moved(plan, { factor: 0.25 }), 0.25 * (start - moved(plan)));
});

test('Gradients that are too long together are shortened, shorter ones stay', () => {
  const variables = [tf.variable(tf.zeros([2])), tf.variable(tf.zeros([1]))];
  const step = (clipNorm: number) => {
    for (const variable of variables) variable.assign(tf.zerosLike(variable));
    const tuned = variables.map(variable => ({ variable, factor: 1 }));
    const optimizer = new Optimizer(tuned, { optimizer: 'sgd', weightDecay: 0, clipNorm });
    optimizer.step([tf.tensor1d([2, 3]), tf.tensor1d([6])], 1 / 1.9);
    const changes = optimizer.readWeights().flatMap(values => [...values]);
    optimizer.dispose();
    return changes.map(each => -each);
  };
  // 2, 3, 6 have a length of 7.
  for (const [longest, expected] of [
    [3.5, [1, 1.5, 3]],
    [8, [2, 3, 6]],
  ] as const) {
    const changes = step(longest);
    for (const [i, value] of expected.entries()) isNear(changes[i]!, value);
  }
  tf.dispose(variables);
});

test('Averaged weights follow slowly, more so the later', () => {
  const plan = { optimizer: 'sgd', weightDecay: 0, ema: 0.3 } as const;
  let [weight, velocity, average] = [start, 0, start];
  gradients.forEach((gradient, i) => {
    velocity = 0.9 * velocity + gradient;
    weight -= rate * (gradient + 0.9 * velocity);
    const keep = Math.min(0.3, (2 + i) / (11 + i));
    average = keep * average + (1 - keep) * weight;
  });
  isNear(moved(plan), average);
});

test('An optimizer goes on from the state of another, to the bit', () => {
  const plan = { optimizer: 'adamw', weightDecay: 0.1, ema: 0.9, clipNorm: 0.3 } as const;
  const variable = tf.variable(tf.tensor2d([[1, 2]]));
  const step = (optimizer: Optimizer, gradient: number) => optimizer.step([tf.fill([1, 2], gradient)], rate);
  const unbroken = new Optimizer([{ variable, factor: 1 }], plan);
  for (const gradient of gradients.slice(0, 2)) step(unbroken, gradient);
  const [state, weights] = [unbroken.readState(), variable.dataSync().slice()];
  step(unbroken, 0.1);
  const expected = [unbroken.readWeights(), unbroken.readState()];
  variable.assign(tf.tensor2d(weights, [1, 2]));
  const resumed = new Optimizer([{ variable, factor: 1 }], plan, state);
  step(resumed, 0.1);
  assert.deepEqual([resumed.readWeights(), resumed.readState()], expected);
  for (const each of [unbroken, resumed]) each.dispose();
  variable.dispose();
});
