// Fitting a head: what it learns, when it stops, what it repeats, and what its network is made of.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine } from '../../src/engines/start.js';
import type { PipelineEvent } from '../../src/events.js';
import { silent } from '../../src/system/context.js';
import { dataInMemory, type TrainingData } from '../../src/training/data.js';
import { type Fit, fit } from '../../src/training/fit.js';
import { computeMetrics } from '../../src/training/metrics.js';
import type { EpochsPlan, FitPlan } from '../../src/training/plan.js';
import { clusterData, outOfMemory } from './clusters.js';
import { headLoop } from './loop-plans.js';

before(async () => {
  await startEngine('auto');
});

const plan: EpochsPlan = {
  ...{ ...headLoop, epochs: 20, batchSize: 8, learningRate: 0.01 },
  ...{ solver: 'adam', classes: 3, hidden: [], dropout: 0 },
};
const clusters = { perClass: 10, classes: 3, size: 12, spread: 1 };
const train = clusterData(clusters);
const val = clusterData({ ...clusters, seed: 3 });
const none = dataInMemory(new Float32Array(), new Int32Array(), [12]);

const fitHead = (given: Partial<EpochsPlan> = {}, data = { train, val }) =>
  fit(data, { ...plan, ...given }, silent);

async function measure(fitted: Fit, on: TrainingData) {
  return computeMetrics(await fitted.predict(on), on.labels, ['a', 'b', 'c']);
}

const weightsOf = ({ trainable }: Fit) => [...trainable.weights.values()].map(({ data }) => data);

test('A head trained by epochs takes raw features', async () => {
  const fitted = await fitHead();
  assert.ok((await measure(fitted, train)).accuracy > 0.9);
  assert.ok(fitted.history.at(-1)!.loss < fitted.history[0]!.loss);
});

test('A hidden layer learns what no linear head can', async () => {
  const features = Float32Array.of(0, 0, 1, 1, 0, 1, 1, 0);
  const xor = dataInMemory(features, Int32Array.of(0, 0, 1, 1), [2]);
  const accuracy = async (hidden: number[]) => {
    const given = { classes: 2, epochs: 200, learningRate: 0.03, hidden };
    const { predict } = await fitHead(given, { train: xor, val: { ...none, shape: [2] } });
    return computeMetrics(await predict(xor), xor.labels, ['even', 'odd']).accuracy;
  };
  assert.ok((await accuracy([])) <= 0.75);
  assert.equal(await accuracy([8, 8]), 1);
});

test('The history has one record per epoch, told as it happens', async () => {
  const events: PipelineEvent[] = [];
  const context = { ...silent, emit: (event: PipelineEvent) => events.push(event) };
  const { history } = await fit({ train, val }, { ...plan, epochs: 3 }, context);
  assert.deepEqual(
    events,
    history.map(epoch => ({ type: 'epoch', epoch, epochs: 3, images: 30 })),
  );
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
  for (const watched of [val, unlearnable]) {
    const fitted = await fitHead({ epochs: 100, patience: 4 }, { train, val: watched });
    const losses = fitted.history.map(({ valLoss }) => valLoss!);
    assert.equal(losses.indexOf(Math.min(...losses)), Number(fitted.details.bestEpoch) - 1);
    assert.equal(fitted.history.length, Math.min(Number(fitted.details.bestEpoch) + 4, 100));
    assert.ok(Math.abs((await measure(fitted, watched)).loss - Math.min(...losses)) < 1e-4);
  }
});

test('Without validation images every epoch is run and the last one kept', async () => {
  const { details, history } = await fitHead({ patience: 1, epochs: 5 }, { train, val: none });
  assert.deepEqual([details.bestEpoch, history.length, history[0]!.valLoss], [5, 5, undefined]);
});

test('The same seed gives the same weights to the bit, another seed others', async () => {
  const given = { hidden: [6], dropout: 0.4, epochs: 3 };
  const [first, again, other] = [
    await fitHead(given),
    await fitHead(given),
    await fitHead({ ...given, seed: 2 }),
  ];
  assert.deepEqual(weightsOf(first), weightsOf(again));
  assert.notDeepEqual(weightsOf(first), weightsOf(other));
});

test('Dropout is for training only', async () => {
  const fitted = await fitHead({ epochs: 1, dropout: 0.9 }, { train, val: train });
  assert.ok(fitted.history[0]!.valLoss! < fitted.history[0]!.loss);
  assert.deepEqual(await fitted.predict(train), await fitted.predict(train));
});

test('A batch larger than the set holds all of it', async () => {
  assert.deepEqual(
    weightsOf(await fitHead({ batchSize: 30 })),
    weightsOf(await fitHead({ batchSize: 4096 })),
  );
});

test('No tensor outlives a fit, nor one that is stopped in the middle', async () => {
  const { numTensors } = tf.memory();
  const given = { ...plan, hidden: [5], dropout: 0.5, epochs: 2 };
  await fit({ train, val }, given, silent);
  const stop = new AbortController();
  const context = { emit: () => stop.abort(), signal: stop.signal };
  await assert.rejects(fit({ train, val }, given, context), { name: 'AbortError' });
  assert.equal(tf.memory().numTensors, numTensors);
});

test('A linear head on features that do not fit in memory is trained by epochs, and says so', async () => {
  const solved: FitPlan = { solver: 'lbfgs', classes: 3, seed: 1 };
  const stored = { train: outOfMemory(train), val: outOfMemory(val) };
  const fitted = await fit(stored, solved, silent);
  assert.equal(fitted.solver, 'adam');
  assert.match(fitted.description, /do not fit in memory/);
  assert.ok((await measure(fitted, stored.train)).accuracy > 0.9);
  await assert.rejects(fit(stored, { ...solved, l2: 0.1 }, silent), { code: 'bad-option', message: /--l2/ });
});

test('More images than are read at once are predicted in order', async () => {
  const many = clusterData({ ...clusters, perClass: 200 });
  const { predict } = await fitHead({ epochs: 2 });
  const rows = [0, 300, 599];
  const some = dataInMemory(await many.read(rows), new Int32Array(3), [12]);
  const all = await predict(many);
  const expected = rows.flatMap(row => [...all.subarray(3 * row, 3 * row + 3)]);
  (await predict(some)).forEach((probability, i) => {
    assert.ok(Math.abs(probability - expected[i]!) < 1e-6);
  });
});

const settings: Partial<EpochsPlan>[] = [
  { optimizer: 'adamw', weightDecay: 0.01 },
  { optimizer: 'sgd', learningRate: 0.1 },
  { optimizer: 'rmsprop' },
  { schedule: 'one-cycle', learningRate: 0.05 },
  { schedule: 'step' },
  { schedule: 'plateau' },
  { warmup: 2 },
  { clipNorm: 0.1 },
  { labelSmoothing: 0.1 },
  { focus: 2 },
  { classWeights: 'balanced' },
  { ema: 0.9 },
];

for (const given of settings) {
  test(`A head learns with ${JSON.stringify(given)}, and not as without`, async () => {
    const fitted = await fitHead(given);
    assert.ok((await measure(fitted, train)).accuracy > 0.9);
    const same = given.classWeights === undefined ? await fitHead() : undefined;
    if (same) assert.notDeepEqual(weightsOf(fitted), weightsOf(same));
  });
}

test('Balanced class weights help a class of few images', async () => {
  const few = dataInMemory(
    await train.read([0, 3, 6, 9, 12, 15, 18, 21, 1, 4]),
    Int32Array.of(0, 0, 0, 0, 0, 0, 0, 0, 1, 1),
    [12],
  );
  const lossOfFew = async (classWeights: EpochsPlan['classWeights']) => {
    const { predict } = await fitHead({ classes: 2, classWeights, epochs: 5 }, { train: few, val: none });
    const ofFew = dataInMemory(await few.read([8, 9]), Int32Array.of(1, 1), [12]);
    return computeMetrics(await predict(ofFew), ofFew.labels, ['many', 'few']).loss;
  };
  assert.ok((await lossOfFew('balanced')) < (await lossOfFew(undefined)));
});
