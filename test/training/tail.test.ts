// Training unfrozen layers together with the head: what may change, what may not, and going on after a kill.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { input, type LayersModel, layers, model, type SymbolicTensor } from '@tensorflow/tfjs-layers';
import { startEngine } from '../../src/engines/start.js';
import { seededRandom } from '../../src/training/random.js';
import { type Checkpoint, type TailOptions, trainTail } from '../../src/training/tail.js';
import type { TailData } from '../../src/training/tail-step.js';

before(async () => {
  await startEngine('auto');
});

const options: TailOptions = { epochs: 6, batchSize: 4, learningRate: 0.01, seed: 1 };

/** A frozen and an unfrozen block, each with batch normalisation, then a head with dropout; always the same weights. */
function createTail({ dropout = 0.3 } = {}): LayersModel {
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
  const tail = model({ inputs, outputs });
  const random = seededRandom(5);
  for (const layer of tail.layers) {
    layer.setWeights(
      layer.weights.map(({ originalName, shape }) => {
        // Variances must be positive; what may be negative should be, or every unit sees the same.
        const lowest = originalName.endsWith('kernel') ? -0.5 : 0.5;
        const size = tf.util.sizeFromShape(shape as number[]);
        return tf.tensor(
          Float32Array.from({ length: size }, () => lowest + random()),
          shape as number[],
        );
      }),
    );
  }
  return tail;
}

/** Images whose class is which of their two channels is the brighter. */
function drawData(images: number, seed: number): TailData {
  const random = seededRandom(seed);
  const labels = Int32Array.from({ length: images }, (_, i) => i % 2);
  const features = Array.from(labels, label =>
    Float32Array.from({ length: 50 }, (_, i) => random() + (i % 2 === label ? 0.3 : 0)),
  );
  const read = (rows: readonly number[]) => Float32Array.from(rows.flatMap(row => [...features[row]!]));
  return { labels, shape: [5, 5, 2], read };
}

const [train, val] = [drawData(22, 1), drawData(10, 2)];

function weightsOf(tail: LayersModel): Map<string, Float32Array> {
  return new Map(
    tail.layers.flatMap(layer =>
      layer.weights.map(
        weight => [weight.originalName, weight.read().dataSync<'float32'>().slice()] as const,
      ),
    ),
  );
}

test('Frozen layers and all batch-norm statistics stay to the bit; the others learn', async () => {
  const tail = createTail();
  const start = weightsOf(tail);
  await trainTail(tail, train, val, options);
  for (const [name, values] of weightsOf(tail)) {
    const stays = name.startsWith('frozen') || name.includes('moving');
    assert.equal(
      Buffer.compare(Buffer.from(values.buffer), Buffer.from(start.get(name)!.buffer)) === 0,
      stays,
      name,
    );
  }
});

test('What is trained is learnt', async () => {
  const { history } = await trainTail(createTail(), train, val, { ...options, epochs: 40 });
  const best = Math.max(...history.map(({ valAccuracy }) => valAccuracy!));
  assert.ok(best >= 0.9, `${best}`);
});

test('Training sees what inference sees: without dropout and steps, its loss is the validation loss', async () => {
  const still = { ...options, epochs: 1, learningRate: 0 };
  const { history } = await trainTail(createTail({ dropout: 0 }), train, train, still);
  assert.ok(Math.abs(history[0]!.loss - history[0]!.valLoss!) < 1e-5, JSON.stringify(history[0]));
  assert.equal(history[0]!.accuracy, history[0]!.valAccuracy);
});

test('The same seed gives the same weights to the bit, another seed others', async () => {
  const run = async (seed: number) => {
    const tail = createTail();
    await trainTail(tail, train, val, { ...options, epochs: 2, seed });
    return weightsOf(tail);
  };
  const first = await run(1);
  assert.deepEqual(await run(1), first);
  assert.notDeepEqual(await run(2), first);
});

test('Training that was killed goes on as if it had not been', async () => {
  const whole = createTail();
  const expected = await trainTail(whole, train, val, options);
  const checkpoints: Checkpoint[] = [];
  const stop = (checkpoint: Checkpoint) => {
    checkpoints.push({ ...checkpoint, history: [...checkpoint.history] });
    return checkpoints.length === 3 ? Promise.reject(new Error('killed')) : Promise.resolve();
  };
  await assert.rejects(trainTail(createTail(), train, val, { ...options, onCheckpoint: stop }), /killed/);

  const resumed = createTail();
  const { history, bestEpoch } = await trainTail(resumed, train, val, { ...options, resume: checkpoints[2] });
  assert.deepEqual(weightsOf(resumed), weightsOf(whole));
  const losses = (records: typeof history) => records.map(({ loss, valLoss }) => [loss, valLoss]);
  assert.deepEqual([bestEpoch, losses(history)], [expected.bestEpoch, losses(expected.history)]);
});

test('A checkpoint of a finished training has nothing left to do', async () => {
  let last: Checkpoint | undefined;
  const keep = (checkpoint: Checkpoint) => {
    last = checkpoint;
    return Promise.resolve();
  };
  const whole = createTail();
  await trainTail(whole, train, val, { ...options, onCheckpoint: keep });
  const again = createTail();
  await trainTail(again, train, val, { ...options, resume: last });
  assert.deepEqual(weightsOf(again), weightsOf(whole));
});

test('Steps are told by the images done', async () => {
  const told: number[][] = [];
  await trainTail(createTail(), train, undefined, {
    ...{ ...options, epochs: 1, batchSize: 10 },
    onStep: (done, total) => told.push([done, total]),
  });
  assert.deepEqual(told, [
    [10, 22],
    [20, 22],
    [22, 22],
  ]);
});

test('No tensor is left', async () => {
  const tail = createTail();
  const { numTensors } = tf.memory();
  await trainTail(tail, train, val, options);
  assert.equal(tf.memory().numTensors, numTensors);
});

test('A learning rate that sends the weights to infinity is named as the reason', async () => {
  const tail = createTail();
  const { numTensors } = tf.memory();
  await assert.rejects(trainTail(tail, train, val, { ...options, learningRate: 1e30 }), {
    code: 'bad-option',
    message: /diverged.*--learning-rate/,
  });
  assert.equal(tf.memory().numTensors, numTensors);
});
