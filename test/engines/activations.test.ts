// The kernels behind the gradients of activations, on the numbers where they could go wrong.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine } from '../../src/engines/start.js';

before(async () => {
  await startEngine('auto');
});

const values = [-7, -1e-30, 0, 1e-30, 0.5, 6, 6.1, 1e9];

test('The gradient of relu6 passes where a number is between 0 and 6', () => {
  const gradient = tf.grad((x: tf.Tensor) => tf.sum(tf.mul(tf.relu6(x), 3)))(tf.tensor1d(values));
  assert.deepEqual([...gradient.dataSync()], [0, 0, 0, 3, 3, 0, 0, 0]);
});

test('The gradient of relu passes where a number is above 0', () => {
  const gradient = tf.grad((x: tf.Tensor) => tf.sum(tf.mul(tf.relu(x), 3)))(tf.tensor1d(values));
  assert.deepEqual([...gradient.dataSync()], [0, 0, 0, 3, 3, 3, 3, 3]);
});

test('A step is 1 above 0, and 0 or alpha at and below it', () => {
  const x = tf.tensor1d([-2, 0, 4]);
  assert.deepEqual([...tf.step(x).dataSync()], [0, 0, 1]);
  assert.deepEqual([...tf.step(x, 0.5).dataSync()], [0.5, 0.5, 1]);
});

test('No kernel leaves a tensor behind', () => {
  const x = tf.tensor1d(values);
  const { numTensors, numBytes } = tf.memory();
  tf.tidy(() => void tf.grad((each: tf.Tensor) => tf.sum(tf.relu6(tf.relu(each))))(x));
  assert.deepEqual([tf.memory().numTensors, tf.memory().numBytes], [numTensors, numBytes]);
});
