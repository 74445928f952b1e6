// The first weights of a network that is trained from scratch.
import assert from 'node:assert/strict';
import test from 'node:test';
import { planConvnet } from '../../src/backbones/architectures/convnet.js';
import { NetworkBuilder } from '../../src/network/builder.js';
import { drawWeights } from '../../src/training/initialize.js';

const topology = planConvnet({ inputShape: [28, 28, 1], classes: 10 });
const { weights } = drawWeights(topology, 1);

/** Glorot's limit, sqrt(6 / (inputs + outputs)), with what Keras counts as inputs and outputs. */
const limits: [name: string, limit: number][] = [
  ['conv2d/kernel', Math.sqrt(6 / (9 * 1 + 9 * 32))],
  ['conv2d_1/kernel', Math.sqrt(6 / (9 * 32 + 9 * 64))],
  ['dense/kernel', Math.sqrt(6 / (1600 + 10))],
];

for (const [name, limit] of limits) {
  test(`${name} is drawn evenly within Glorot's limit`, () => {
    const values = [...weights.get(name)!.data];
    const largest = Math.max(...values.map(Math.abs));
    assert.ok(largest <= limit && largest > 0.95 * limit);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + value ** 2, 0) / values.length;
    assert.ok(Math.abs(mean) < (3 * limit) / Math.sqrt(3 * values.length));
    assert.ok(Math.abs(variance / (limit ** 2 / 3) - 1) < 0.2);
  });
}

test('Biases are 0, and a batch normalization changes nothing at first', () => {
  for (const name of ['conv2d/bias', 'conv2d_1/bias', 'dense/bias']) {
    assert.ok(weights.get(name)!.data.every(value => value === 0));
  }
  const build = new NetworkBuilder();
  const normalized = build.batchNorm(build.input('image', [4, 4, 2]), { name: 'bn' });
  const found = drawWeights(build.topology('normalized', normalized), 1).weights;
  assert.deepEqual(
    [...found.values()].map(({ name, data }) => [name, ...data]),
    [
      ['bn/gamma', 1, 1],
      ['bn/beta', 0, 0],
      ['bn/moving_mean', 0, 0],
      ['bn/moving_variance', 1, 1],
    ],
  );
});

test('The same seed gives the same weights, another seed others', () => {
  assert.deepEqual(drawWeights(topology, 1).weights, weights);
  const others = drawWeights(topology, 2).weights;
  assert.notDeepEqual(others.get('dense/kernel'), weights.get('dense/kernel'));
});
