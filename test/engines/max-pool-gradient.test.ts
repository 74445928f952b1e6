// The gradient of max pooling, against a plain count on the CPU backend of tfjs.
import test, { before } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { maxPool, type Pooling } from '../../src/engines/max-pool.js';
import { startEngine } from '../../src/engines/start.js';
import { assertClose, random, valuesOn } from './compare.js';

let backend: string;
before(async () => {
  await startEngine('auto');
  backend = tf.getBackend();
});

const plain: Pooling = { size: [2, 2], strides: [2, 2], pad: 'valid' };

const poolings = [
  { size: 2, strides: 2, pad: 'valid', image: [3, 6, 8, 4] },
  { size: 2, strides: 2, pad: 'valid', image: [2, 7, 5, 33] },
  { size: 3, strides: 2, pad: 'same', image: [2, 7, 8, 3] },
  { size: 3, strides: 1, pad: 'valid', image: [1, 5, 5, 2] },
] as const;

for (const { size, strides, pad, image } of poolings) {
  test(`Windows of ${size}, strides ${strides}, ${pad}, on ${image}: each maximum gets its gradient`, async () => {
    const pooling: Pooling = { size: [size, size], strides: [strides, strides], pad };
    const gradient = () => {
      const x = random([...image], 1) as tf.Tensor4D;
      const pooled = maxPool(x, pooling);
      const dy = random(pooled.shape, 2);
      return [tf.grad((each: tf.Tensor) => tf.sum(tf.mul(maxPool(each as tf.Tensor4D, pooling), dy)))(x)];
    };
    const [expected] = await valuesOn('cpu', gradient);
    const [actual] = await valuesOn(backend, gradient);
    assertClose(actual!, expected!, 1e-6, 'gradient');
  });
}

test('Where all of a window is the same, its first place gets the gradient', async () => {
  const gradient = () => [
    tf.grad((x: tf.Tensor) => tf.sum(maxPool(x as tf.Tensor4D, plain)))(tf.fill([1, 4, 4, 1], 0.5)),
  ];
  const [actual] = await valuesOn(backend, gradient);
  assertClose(actual!, [1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0], 0, 'gradient');
});

test('It leaves no tensor behind', async () => {
  const x = random([2, 6, 6, 3], 1);
  const { numTensors, numBytes } = tf.memory();
  tf.tidy(() => void tf.grad((each: tf.Tensor) => tf.sum(maxPool(each as tf.Tensor4D, plain)))(x));
  const after = tf.memory();
  assertClose([after.numTensors, after.numBytes], [numTensors, numBytes], 0, 'tensors and bytes');
});
