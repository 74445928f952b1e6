// Gradients of convolutions, dilated ones too, against numerical differentiation.
import test, { before } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine } from '../../src/engines/start.js';
import { assertClose, random } from './compare.js';

before(async () => {
  await startEngine('auto');
});

type Loss = (x: tf.Tensor4D, filter: tf.Tensor4D) => tf.Scalar;

const image = [2, 6, 7, 2];
const rows = [
  { filter: [3, 3], strides: [1, 1], dilations: [1, 1], pad: 'same' },
  { filter: [3, 2], strides: [2, 1], dilations: [1, 1], pad: 'same' },
  { filter: [2, 2], strides: [3, 2], dilations: [1, 1], pad: 'valid' },
  { filter: [3, 3], strides: [1, 1], dilations: [2, 2], pad: 'same' },
  { filter: [2, 3], strides: [1, 1], dilations: [2, 3], pad: 'valid' },
  { filter: [1, 2], strides: [1, 1], dilations: [3, 1], pad: 'same' },
  { filter: [5, 4], strides: [2, 2], dilations: [1, 1], pad: 'same' },
  { filter: [4, 5], strides: [1, 1], dilations: [1, 1], pad: 'valid' },
] as const;

for (const [kind, convolve] of Object.entries({ conv2d: tf.conv2d, depthwiseConv2d: tf.depthwiseConv2d })) {
  for (const { filter, strides, dilations, pad } of rows) {
    test(`${kind} of ${filter}, strides ${strides}, dilations ${dilations}, ${pad}: both gradients are the slopes`, () => {
      tf.tidy(() => {
        const x = random(image, 1) as tf.Tensor4D;
        const weights = random([...filter, 2, 3], 2) as tf.Tensor4D;
        const convolved: typeof convolve = (a, b) =>
          convolve(a, b, [...strides], pad, 'NHWC', [...dilations]);
        const mask = random(convolved(x, weights, 1, pad).shape, 3);
        const loss: Loss = (a, b) => tf.sum(tf.mul(convolved(a, b, 1, pad), mask));
        const [ofX, ofWeights] = tf.grads(loss as (...inputs: tf.Tensor[]) => tf.Tensor)([x, weights]);
        assertClose(
          ofX!.dataSync(),
          slopes(x, each => loss(each, weights)),
          2e-4,
          'input',
        );
        assertClose(
          ofWeights!.dataSync(),
          slopes(weights, each => loss(x, each)),
          2e-4,
          'filter',
        );
      });
    });
  }
}

/** By central differences; the loss is linear in each argument, so that a large step is exact. */
function slopes(at: tf.Tensor4D, loss: (x: tf.Tensor4D) => tf.Scalar): Float32Array {
  const values = at.dataSync<'float32'>();
  const valueWith = (index: number, value: number): number =>
    tf.tidy(() => loss(tf.tensor4d(values.with(index, value), at.shape)).dataSync()[0]!);
  return values.map((value, index) => (valueWith(index, value + 1) - valueWith(index, value - 1)) / 2);
}
