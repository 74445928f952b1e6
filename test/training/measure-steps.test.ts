// How long a step takes, by a clock that goes on by a second whenever it is looked at.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine } from '../../src/engines/start.js';
import { silent } from '../../src/system/context.js';
import { dataInMemory } from '../../src/training/data.js';
import { headNetwork } from '../../src/training/head.js';
import { measureSteps } from '../../src/training/measure-steps.js';
import { budgetByHand } from '../helpers/clock.js';
import { headLoop } from './loop-plans.js';

before(async () => {
  await startEngine('auto');
});

const network = headNetwork([2], { hidden: [], dropout: 0, classes: 2 }, [
  { kernel: Float32Array.of(0.1, 0.2, 0.3, 0.4), bias: new Float32Array(2) },
]);

const measure = (images: number, batchSize: number, tick: number) => {
  const data = dataInMemory(new Float32Array(2 * images).fill(1), new Int32Array(images), [2]);
  const { budget } = budgetByHand(1e6, { tick });
  return measureSteps(network, data, { ...headLoop, ...silent, batchSize, budget });
};

test('the first step warms up and is not counted, the others are, up to three or two seconds', async () => {
  assert.equal(await measure(40, 4, 0.5), 0.125);
  assert.equal(await measure(40, 4, 4), 1);
});

test('where all images are one batch, its step is all there is to go by', async () => {
  assert.equal(await measure(8, 32, 4), 0.5);
});

test('what is measured changes no weight and leaves no tensor', async () => {
  const kernel = () => [...(network.weights.get('predictions/kernel')?.data ?? [])];
  const [before, { numTensors }] = [kernel(), tf.memory()];
  await measure(40, 4, 1);
  assert.deepEqual(kernel(), before);
  assert.equal(tf.memory().numTensors, numTensors);
});
