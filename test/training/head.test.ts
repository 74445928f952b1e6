// The head as layers of a saved model: plain tfjs reads them and computes what is written here by hand.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { models } from '@tensorflow/tfjs-layers';
import { startEngine } from '../../src/engines/start.js';
import { type DenseWeights, type HeadPlan, headNetwork } from '../../src/training/head.js';
import { seededRandom } from '../../src/training/random.js';

before(async () => {
  await startEngine('auto');
});

const random = seededRandom(1);
const draw = (length: number) => Float32Array.from({ length }, () => random() - 0.5);

function drawWeights(sizes: readonly number[]): DenseWeights[] {
  return sizes.slice(1).map((units, i) => ({ kernel: draw(sizes[i]! * units), bias: draw(units) }));
}

/** Dense layers with relu between, softmax at the end. */
function computeByHand(weights: readonly DenseWeights[], features: tf.Tensor2D): Float32Array {
  const logits = weights.reduce((inputs, { kernel, bias }, i) => {
    const matrix = tf.tensor2d(kernel, [kernel.length / bias.length, bias.length]);
    const outputs = tf.add<tf.Tensor2D>(tf.matMul(inputs, matrix), tf.tensor1d(bias));
    return i < weights.length - 1 ? tf.relu(outputs) : outputs;
  }, features);
  return tf.softmax(logits).dataSync<'float32'>();
}

for (const { hidden, dropout } of [
  { hidden: [], dropout: 0 },
  { hidden: [], dropout: 0.3 },
  { hidden: [7, 6], dropout: 0.5 },
]) {
  test(`Plain tfjs reads a head with hidden layers [${hidden}] and dropout ${dropout}`, async () => {
    const weights = drawWeights([5, ...hidden, 3]);
    const head = headNetwork([5], { hidden, dropout, classes: 3 }, weights);
    const model = await models.modelFromJSON({ modelTopology: JSON.parse(JSON.stringify(head.topology)) });
    model.setWeights([...head.weights.values()].map(({ data, shape }) => tf.tensor(data, [...shape])));
    const features = tf.tensor2d(draw(10), [2, 5]);
    const expected = computeByHand(weights, features);
    const predicted = (model.predict(features) as tf.Tensor).dataSync<'float32'>();
    assert.equal(predicted.length, 6);
    predicted.forEach((probability, i) => {
      assert.ok(Math.abs(probability - expected[i]!) < 1e-6);
    });
  });
}

const orders: { plan: Partial<HeadPlan>; names: string[] }[] = [
  { plan: {}, names: ['predictions'] },
  { plan: { dropout: 0.3 }, names: ['head_dropout_1', 'predictions'] },
  { plan: { hidden: [4] }, names: ['head_dense_1', 'predictions'] },
  {
    plan: { hidden: [4, 3], dropout: 0.3 },
    names: ['head_dense_1', 'head_dropout_1', 'head_dense_2', 'head_dropout_2', 'predictions'],
  },
];

for (const { plan, names } of orders) {
  test(`The layers of ${JSON.stringify(plan)} are ${names.join(', ')}`, () => {
    const settled = { hidden: [], dropout: 0, classes: 2, ...plan };
    const { topology, weights } = headNetwork([5], settled, drawWeights([5, ...settled.hidden, 2]));
    assert.deepEqual(
      topology.config.layers.map(({ config }) => config.name),
      ['features', ...names],
    );
    assert.deepEqual([...weights.keys()].slice(-2), ['predictions/kernel', 'predictions/bias']);
  });
}
