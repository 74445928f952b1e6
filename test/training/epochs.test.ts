// Training a head by epochs: what it learns, when it stops, what it repeats.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine } from '../../src/engines/start.js';
import type { EpochRecord } from '../../src/events.js';
import { type EpochsOptions, trainByEpochs } from '../../src/training/epochs.js';
import { predictHead } from '../../src/training/head.js';
import type { LabelledFeatures } from '../../src/training/labelled-features.js';
import { computeMetrics } from '../../src/training/metrics.js';
import { labelledClusters } from './clusters.js';

before(async () => {
  await startEngine('auto');
});

const options: EpochsOptions = {
  ...{ classes: 3, hidden: [], dropout: 0, epochs: 20, batchSize: 8, learningRate: 0.01, seed: 1 },
};
const clusters = { perClass: 10, classes: 3, size: 12, spread: 1 };
const train = labelledClusters(clusters);
const val = labelledClusters({ ...clusters, seed: 3 });

function measure(trained: Awaited<ReturnType<typeof trainByEpochs>>, on: LabelledFeatures) {
  return computeMetrics(predictHead(trained.weights, on.features), on.labels, ['a', 'b', 'c']);
}

test('A head trained by epochs answers on raw features', async () => {
  const trained = await trainByEpochs(train, val, options);
  assert.ok(measure(trained, train).accuracy > 0.9);
  assert.ok(trained.history.at(-1)!.loss < trained.history[0]!.loss);
});

test('A hidden layer learns what no linear head can', async () => {
  const features = Float32Array.of(0, 0, 1, 1, 0, 1, 1, 0);
  const xor = { features, labels: Int32Array.of(0, 0, 1, 1), size: 2 };
  const settings = { ...options, classes: 2, epochs: 200, learningRate: 0.03 };
  const accuracy = async (hidden: number[]) => {
    const trained = await trainByEpochs(xor, undefined, { ...settings, hidden });
    return computeMetrics(predictHead(trained.weights, features), xor.labels, ['even', 'odd']).accuracy;
  };
  assert.ok((await accuracy([])) <= 0.75);
  assert.equal(await accuracy([8, 8]), 1);
});

test('The history has one record per epoch, told as it happens', async () => {
  const told: EpochRecord[] = [];
  const { history } = await trainByEpochs(train, val, {
    ...options,
    epochs: 3,
    onEpoch: each => told.push(each),
  });
  assert.deepEqual(told, history);
  assert.deepEqual(
    history.map(({ epoch }) => epoch),
    [1, 2, 3],
  );
  for (const { loss, accuracy, valLoss, valAccuracy } of history) {
    assert.ok([loss, accuracy, valLoss, valAccuracy].every(Number.isFinite));
  }
});

test('Training stops when the validation loss no longer falls, and keeps the best epoch', async () => {
  const unlearnable = { ...val, labels: val.labels.map(label => (label + 1) % 3) };
  const settings = { ...options, epochs: 100, patience: 4 };
  for (const judge of [val, unlearnable]) {
    const trained = await trainByEpochs(train, judge, settings);
    const losses = trained.history.map(({ valLoss }) => valLoss!);
    assert.equal(losses.indexOf(Math.min(...losses)), trained.bestEpoch - 1);
    assert.equal(trained.history.length, Math.min(trained.bestEpoch + 4, 100));
    assert.ok(Math.abs(measure(trained, judge).loss - Math.min(...losses)) < 1e-4);
  }
});

test('Without validation images every epoch is run and the last one kept', async () => {
  const { bestEpoch, history } = await trainByEpochs(train, undefined, {
    ...options,
    patience: 1,
    epochs: 5,
  });
  assert.deepEqual([bestEpoch, history.length, history[0]!.valLoss], [5, 5, undefined]);
});

test('The same seed gives the same weights to the bit, another seed others', async () => {
  const settings = { ...options, hidden: [6], dropout: 0.4, epochs: 3 };
  const [first, again, other] = [
    await trainByEpochs(train, val, settings),
    await trainByEpochs(train, val, settings),
    await trainByEpochs(train, val, { ...settings, seed: 2 }),
  ];
  assert.deepEqual(first.weights, again.weights);
  assert.notDeepEqual(first.weights, other.weights);
});

test('Dropout is for training only', async () => {
  const settings = { ...options, epochs: 1, dropout: 0.9 };
  const trained = await trainByEpochs(train, train, settings);
  assert.ok(trained.history[0]!.valLoss! < trained.history[0]!.loss);
  assert.deepEqual(
    predictHead(trained.weights, train.features),
    predictHead(trained.weights, train.features),
  );
});

test('A batch larger than the set is the whole set', async () => {
  const [whole, larger] = [30, 4096].map(batchSize => trainByEpochs(train, val, { ...options, batchSize }));
  assert.deepEqual((await whole!).weights, (await larger!).weights);
});

test('No tensor outlives the training, nor a failure in the middle of it', async () => {
  const { numTensors } = tf.memory();
  const settings = { ...options, hidden: [5], dropout: 0.5, epochs: 2 };
  await trainByEpochs(train, val, settings);
  const stop = () => {
    throw new Error('stopped by the listener');
  };
  await assert.rejects(trainByEpochs(train, val, { ...settings, onEpoch: stop }), /stopped/);
  assert.equal(tf.memory().numTensors, numTensors);
});
