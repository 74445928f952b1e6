// Training unfrozen layers together with the head: what may change, what may not, and going on after a kill.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { startEngine } from '../../src/engines/start.js';
import { silent } from '../../src/system/context.js';
import { dataInMemory, type EpochRequest, type TrainingData } from '../../src/training/data.js';
import { type Checkpoint, type LoopContext, type LoopPlan, trainByEpochs } from '../../src/training/loop.js';
import { openModel } from '../../src/training/model.js';
import { seededRandom } from '../../src/training/random.js';
import { budgetByHand } from '../helpers/clock.js';
import { networkOf } from '../helpers/tfjs-network.js';
import { outOfMemory } from './clusters.js';
import { headLoop } from './loop-plans.js';

before(async () => {
  await startEngine('auto');
});

const plan: LoopPlan = { ...headLoop, epochs: 6, batchSize: 4, learningRate: 0.01 };

/** A frozen and an unfrozen block, each with batch normalization, then a head with dropout; always the same weights. */
async function openTrainable({ dropout = 0.3 } = {}): Promise<LayersModel> {
  const block = (name: string, trainable: boolean) => [
    layers.conv2d({ name: `${name}_conv`, filters: 4, kernelSize: 3, padding: 'same', trainable }),
    layers.batchNormalization({ name: `${name}_bn`, trainable }),
    layers.activation({ activation: 'relu' }),
  ];
  const inputs = input({ shape: [5, 5, 2] });
  const outputs = [
    ...block('frozen', false),
    ...block('unfrozen', true),
    layers.globalAveragePooling2d({ name: 'pool' }),
    layers.dropout({ rate: dropout }),
    layers.dense({ name: 'predictions', units: 2, activation: 'softmax' }),
  ].reduce((features, layer) => layer.apply(features) as SymbolicTensor, inputs);
  const drawn = model({ inputs, outputs });
  const network = networkOf(drawn, 2);
  drawn.dispose();
  return openModel(network);
}

/** Images whose class is which of their two channels is the brighter. */
function drawData(images: number, seed: number): TrainingData {
  const random = seededRandom(seed);
  const labels = Int32Array.from({ length: images }, (_, i) => i % 2);
  const features = Array.from(labels, label =>
    Array.from({ length: 50 }, (_, i) => random() + (i % 2 === label ? 0.3 : 0)),
  );
  return dataInMemory(Float32Array.from(features.flat()), labels, [5, 5, 2]);
}

const [train, val] = [drawData(22, 1), drawData(10, 2)];

const run = (trainable: LayersModel, given: Partial<LoopPlan & LoopContext> = {}, data = { train, val }) =>
  trainByEpochs(trainable, data, { ...plan, ...silent, ...given });

function weightsOf(trainable: LayersModel): Map<string, Float32Array> {
  return new Map(
    trainable.layers.flatMap(layer =>
      layer.weights.map(
        weight => [weight.originalName, weight.read().dataSync<'float32'>().slice()] as const,
      ),
    ),
  );
}

test('Frozen layers and all of batch normalization stay to the bit; the others learn', async () => {
  const trainable = await openTrainable();
  const start = weightsOf(trainable);
  await run(trainable);
  for (const [name, values] of weightsOf(trainable)) {
    const stays = name.startsWith('frozen') || name.includes('_bn/');
    assert.equal(
      Buffer.compare(Buffer.from(values.buffer), Buffer.from(start.get(name)!.buffer)) === 0,
      stays,
      name,
    );
  }
});

test('What is trained is learnt', async () => {
  const { history } = await run(await openTrainable(), { epochs: 40 });
  const best = Math.max(...history.map(({ valAccuracy }) => valAccuracy!));
  assert.ok(best >= 0.9, `${best}`);
});

test('Training sees what inference sees: without dropout and steps, its loss is the validation loss', async () => {
  const still = { epochs: 1, learningRate: 0 };
  const { history } = await run(await openTrainable({ dropout: 0 }), still, { train, val: train });
  assert.ok(Math.abs(history[0]!.loss - history[0]!.valLoss!) < 1e-5, JSON.stringify(history[0]));
  assert.equal(history[0]!.accuracy, history[0]!.valAccuracy);
});

test('The same seed gives the same weights to the bit, another seed others', async () => {
  const weightsBy = async (seed: number) => {
    const trainable = await openTrainable();
    await run(trainable, { epochs: 2, seed });
    return weightsOf(trainable);
  };
  const first = await weightsBy(1);
  assert.deepEqual(await weightsBy(1), first);
  assert.notDeepEqual(await weightsBy(2), first);
});

test('MixUp gives other weights, and the loss of what is mixed', async () => {
  const [plain, mixed] = [await openTrainable(), await openTrainable()];
  await run(plain, { epochs: 1 });
  const { history } = await run(mixed, { epochs: 1, mixup: 1 });
  assert.notDeepEqual(weightsOf(mixed), weightsOf(plain));
  assert.ok(Number.isFinite(history[0]?.loss));
});

test('Features that are read from a store train as those in memory, to the bit', async () => {
  const weightsOn = async (data: { train: TrainingData; val: TrainingData }) => {
    const trainable = await openTrainable();
    await run(trainable, { epochs: 2 }, data);
    return weightsOf(trainable);
  };
  const stored = { train: outOfMemory(train), val: outOfMemory(val) };
  assert.deepEqual(await weightsOn(stored), await weightsOn({ train, val }));
});

test('Where epochs see images in views of their own, each is trained on its own, in its order', async () => {
  const [plain, drawn] = [await openTrainable({ dropout: 0 }), await openTrainable({ dropout: 0 })];
  const asked: [epoch: number, rows: number][] = [];
  async function* drawEpoch({ epoch, batches }: EpochRequest) {
    for (const rows of batches) {
      asked.push([epoch, rows.length]);
      // The second epoch sees nothing but black.
      yield (await train.read(rows)).map(value => (epoch === 1 ? value : 0));
    }
  }
  const epochOf = (trainable: LayersModel, data: TrainingData) =>
    run(trainable, { epochs: 2, batchSize: 16 }, { train: data, val });
  const { history } = await epochOf(drawn, { ...train, drawEpoch });
  const expected = (await epochOf(plain, train)).history;
  assert.deepEqual(
    asked,
    [1, 1, 2, 2].map((epoch, i) => [epoch, i % 2 === 0 ? 16 : 6]),
  );
  assert.equal(history[0]?.loss, expected[0]?.loss);
  assert.notEqual(history[1]?.loss, expected[1]?.loss);
});

for (const given of [{}, { mixup: 0.4 }])
  test(`Training that was killed goes on as if it had not been: ${JSON.stringify(given)}`, async () => {
    const unbroken = await openTrainable();
    const expected = await run(unbroken, given);
    const checkpoints: Checkpoint[] = [];
    const onCheckpoint = (checkpoint: Checkpoint) => {
      checkpoints.push({ ...checkpoint, history: [...checkpoint.history] });
      return checkpoints.length === 3 ? Promise.reject(new Error('killed')) : Promise.resolve();
    };
    await assert.rejects(run(await openTrainable(), { ...given, onCheckpoint }), /killed/);

    const resumed = await openTrainable();
    const { history, bestEpoch } = await run(resumed, { ...given, resume: checkpoints[2] });
    assert.deepEqual(weightsOf(resumed), weightsOf(unbroken));
    const losses = (records: typeof history) => records.map(({ loss, valLoss }) => [loss, valLoss]);
    assert.deepEqual([bestEpoch, losses(history)], [expected.bestEpoch, losses(expected.history)]);
  });

test('A checkpoint of a finished training has nothing left to do', async () => {
  let last: Checkpoint | undefined;
  const onCheckpoint = (checkpoint: Checkpoint) => {
    last = checkpoint;
    return Promise.resolve();
  };
  const finished = await openTrainable();
  await run(finished, { onCheckpoint });
  const again = await openTrainable();
  await run(again, { resume: last });
  assert.deepEqual(weightsOf(again), weightsOf(finished));
});

test('An aborted signal stops training before its next step', async () => {
  const stop = new AbortController();
  let reads = 0;
  const counted: TrainingData = {
    ...outOfMemory(train),
    read: rows => {
      if (++reads === 3) stop.abort();
      return train.read(rows);
    },
  };
  const trainable = await openTrainable();
  const { numTensors } = tf.memory();
  const stopped = run(trainable, { signal: stop.signal }, { train: counted, val });
  await assert.rejects(stopped, { name: 'AbortError' });
  assert.ok(reads <= 3, `${reads}`);
  assert.equal(tf.memory().numTensors, numTensors);
});

test('A batch that cannot be read ends the training with its reason', async () => {
  const broken: TrainingData = { ...train, read: () => Promise.reject(new Error('the store is gone')) };
  await assert.rejects(run(await openTrainable(), {}, { train: broken, val }), /the store is gone/);
});

test('No tensor is left', async () => {
  const trainable = await openTrainable();
  const { numTensors } = tf.memory();
  await run(trainable);
  assert.equal(tf.memory().numTensors, numTensors);
});

test('A learning rate that sends the weights to infinity is named as the reason', async () => {
  const trainable = await openTrainable();
  const { numTensors } = tf.memory();
  await assert.rejects(run(trainable, { learningRate: 1e30 }), {
    code: 'bad-option',
    message: /diverged.*--learning-rate/,
  });
  assert.equal(tf.memory().numTensors, numTensors);
});

test('Training stops after the first epoch that reaches the target accuracy, and keeps that one', async () => {
  const trainable = await openTrainable({ dropout: 0 });
  const { bestEpoch, history } = await run(trainable, { epochs: 60, patience: 60, targetAccuracy: 0.8 });
  trainable.dispose();
  assert.ok(history.length < 60);
  assert.equal(bestEpoch, history.length);
  assert.deepEqual(
    history.map(({ valAccuracy = 0 }) => valAccuracy >= 0.8),
    history.map((_, i) => i === history.length - 1),
  );
});

test('Training ends when its time is up, in the middle of an epoch if need be, and keeps what it has', async () => {
  // Every step asks the clock once, every end of an epoch once.
  const { budget } = budgetByHand(100, { tick: 10 });
  const trainable = await openTrainable();
  const { history } = await run(trainable, { budget });
  trainable.dispose();
  assert.ok(history.length < 6, `${history.length}`);
  assert.ok(history.every(({ loss }) => Number.isFinite(loss)));
  assert.deepEqual(budget.report(), {
    ...{ seconds: 100, planned: { epochs: 6 }, reached: { epochs: history.length } },
    leftOut: [`the rest of epoch ${history.length}`],
  });
});

test('With time to spare nothing changes, not by one bit', async () => {
  const [timed, free] = [await openTrainable(), await openTrainable()];
  await run(timed, { budget: budgetByHand(1e6).budget });
  await run(free);
  assert.deepEqual(weightsOf(timed), weightsOf(free));
});
