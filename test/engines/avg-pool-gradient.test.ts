// The gradient of average pooling, which is linear: of any image it tells how much of the loss is its doing.
import test, { before } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine } from '../../src/engines/start.js';
import { assertClose, random } from './compare.js';

before(async () => {
  await startEngine('auto');
});

const poolings = [
  { size: 3, strides: 1, pad: 'same', image: [2, 7, 5, 3] },
  { size: 3, strides: 2, pad: 'same', image: [2, 7, 6, 3] },
  { size: [2, 3], strides: [2, 1], pad: 'same', image: [1, 5, 4, 2] },
  { size: 2, strides: 2, pad: 'valid', image: [3, 6, 8, 4] },
] as const;

for (const { size, strides, pad, image } of poolings) {
  test(`Windows of ${size}, strides ${strides}, ${pad}, on ${image}: padding is left out, as in the pooling itself`, () => {
    tf.tidy(() => {
      const pool = (x: tf.Tensor) => tf.avgPool(x as tf.Tensor4D, size as number, strides as number, pad);
      const x = random([...image], 1);
      const mask = random(pool(x).shape, 2);
      const loss = (each: tf.Tensor) => tf.sum(tf.mul(pool(each), mask));
      const gradient = tf.grad(loss)(x);
      for (let seed = 3; seed < 6; seed++) {
        const other = random([...image], seed);
        const share = tf.sum(tf.mul(gradient, other));
        assertClose(share.dataSync(), loss(other).dataSync(), 1e-5, 'share of the loss');
      }
    });
  });
}
