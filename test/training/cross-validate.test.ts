// Cross-validation of heads of any kind.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine } from '../../src/engines/start.js';
import type { PipelineEvent } from '../../src/events.js';
import { silent } from '../../src/system/context.js';
import { crossValidateFit } from '../../src/training/cross-validate.js';
import { type FitOptions, planFit } from '../../src/training/plan.js';
import { clusterData } from './clusters.js';
import { noOptions } from './loop-plans.js';

before(() => startEngine('wasm'));

const classNames = ['a', 'b', 'c'];
const data = clusterData({ perClass: 10, classes: 3, size: 6, spread: 0.6 });
const request = (options: Partial<FitOptions> = {}) => ({
  ...{ fit: planFit({ ...noOptions, ...options }, 3), classNames, count: 4, seed: 1 },
});

for (const [kind, options] of Object.entries({
  solved: {},
  'trained by epochs': { epochs: 5, hidden: [4] },
})) {
  test(`A head that is ${kind}: every image is predicted once, and metrics are of all`, async () => {
    const tensors = tf.memory().numTensors;
    const events: PipelineEvent[] = [];
    const context = { ...silent, emit: (event: PipelineEvent) => void events.push(event) };
    const found = await crossValidateFit(data, request(options), context);
    assert.equal(found?.images, 30);
    assert.equal(found?.accuracies.length, 4);
    assert.equal(found?.metrics?.accuracy, found?.accuracy);
    assert.deepEqual(events.at(-1), { type: 'folds', done: 4, total: 4 });
    assert.ok(events.every(({ type }) => type === 'folds'));
    assert.equal(tf.memory().numTensors, tensors);
  });
}

test('An image and its other views are predicted together, by their mean', async () => {
  const views = Array.from({ length: 15 }, (_, image) => [image, image + 15]);
  const labels = Int32Array.from(data.labels, (_, row) => data.labels[row % 15] ?? 0);
  const found = await crossValidateFit({ ...data, labels, views }, request(), silent);
  assert.equal(found?.images, 15);
});

test('What no image can be held out of is not measured', async () => {
  const three = { ...clusterData({ perClass: 1, classes: 3, size: 6, spread: 0.6 }) };
  assert.equal(await crossValidateFit(three, request(), silent), undefined);
});
