// The process that `check.ts` starts: one convolution and its gradients, whose values are known.

import * as tf from '@tensorflow/tfjs-core';
import { answerParent } from '../../../system/child-process.js';
import type { TensorflowPlace } from '../place.js';
import { startTensorflow } from '../start.js';
import type { EngineCheck } from './check.js';

answerParent(tryEngine);

async function tryEngine(place: TensorflowPlace): Promise<EngineCheck> {
  const { device } = await startTensorflow(place, () => '');
  computeKnown();
  return { device, version: place.record?.tensorflow ?? 'of the npm package' };
}

/** All ones: each output is the sum of a 2x2 window over 3 channels, 12. */
function computeKnown(): void {
  const x = tf.ones<tf.Rank.R4>([2, 4, 4, 3]);
  const filter = tf.ones<tf.Rank.R4>([2, 2, 3, 5]);
  const convolve = (a: tf.Tensor, b: tf.Tensor) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, 'valid');
  const output = convolve(x, filter);
  const [ofInput, ofFilter] = tf.grads(convolve)([x, filter]);
  expectSum(output, 12 * 2 * 9 * 5);
  // Every output pixel reaches 12 inputs through each of 5 filters; every weight sees 2 x 9 windows.
  expectSum(ofInput!, 2 * 9 * 5 * 12);
  expectSum(ofFilter!, 2 * 9 * 2 * 2 * 3 * 5);
}

function expectSum(x: tf.Tensor, expected: number): void {
  const [sum] = tf.sum(x).dataSync<'float32'>();
  if (sum !== expected) throw new Error(`TensorFlow computes ${sum} where ${expected} is right.`);
}
