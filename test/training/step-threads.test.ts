import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { input, layers, model } from '@tensorflow/tfjs-layers';
import { startEngine } from '../../src/engines/start.js';
import type { Network } from '../../src/network/network.js';
import { countProcessors } from '../../src/system/processors.js';
import { type LossPlan, plainLoss } from '../../src/training/loss.js';
import { mixBatch } from '../../src/training/mixup.js';
import { type Batch, openModel, trainableWeights } from '../../src/training/model.js';
import { Optimizer } from '../../src/training/optimizer.js';
import { seededRandom } from '../../src/training/random.js';
import { trainStep } from '../../src/training/step.js';
import { countStepThreads, dealOut, type StepThreads } from '../../src/training/step-threads.js';
import { checkout } from '../helpers/finetune.js';
import { networkOf } from '../helpers/tfjs-network.js';

// Threads are of the built program: they load no TypeScript.
const built: typeof import('../../src/training/step-threads.js') = await import(
  join(checkout, 'dist/training/step-threads.js')
);

/** Classes that do not count alike, so that parts of a batch do not either. */
const loss: LossPlan = { labelSmoothing: 0.1, classWeights: [1, 3], focus: 1 };

const random = seededRandom(3);
const batch = {
  features: Float32Array.from({ length: 7 * 32 }, random),
  shape: [4, 4, 2],
  labels: [0, 1, 1, 0, 1, 0, 0],
};

let network: Network;
let threads: StepThreads;

before(async () => {
  await startEngine('wasm');
  const inputs = input({ shape: [4, 4, 2] });
  const convolved = layers.conv2d({ filters: 3, kernelSize: 3, activation: 'relu' }).apply(inputs);
  const pooled = layers.globalAveragePooling2d({}).apply(convolved);
  const outputs = layers.dense({ units: 2, activation: 'softmax' }).apply(pooled);
  const drawn = model({ inputs, outputs: outputs as typeof inputs });
  network = networkOf(drawn, 2);
  drawn.dispose();
  threads = new built.StepThreads(network, loss, { count: 3, lengths: [54, 3, 6, 2] });
});

after(() => threads.stop());

/** Weights after some steps, and what the last one was told. */
async function train(
  shared?: StepThreads,
  trainedOn: Batch = batch,
): Promise<{ weights: number[]; loss: number; right: number }> {
  const trained = await openModel(network);
  const variables = trainableWeights(trained).map(({ variable }) => ({ variable, factor: 1 }));
  const optimizer = new Optimizer(variables, { optimizer: 'sgd', weightDecay: 0 });
  const trainer = { model: trained, optimizer, loss, threads: shared };
  const step = () => trainStep(trainer, trainedOn, { rate: 0.1, random });
  await step();
  await step();
  const last = await step();
  const weights = optimizer.readWeights().flatMap(values => [...values]);
  optimizer.dispose();
  trained.dispose();
  return { weights, ...last };
}

for (const [name, trainedOn] of Object.entries({ batch, mixed: mixBatch(batch, 1, seededRandom(2)) }))
  test(`Steps on three threads move the weights as steps on one do: ${name}`, async () => {
    const alone = await train(undefined, trainedOn);
    const shared = await train(threads, trainedOn);
    assert.equal(shared.right, alone.right);
    for (const [i, weight] of [...alone.weights, alone.loss].entries()) {
      const other = [...shared.weights, shared.loss][i] ?? Number.NaN;
      assert.ok(Math.abs(other - weight) < 1e-6, `${other} instead of ${weight}`);
    }
  });

test('The same steps on as many threads give the same weights to the bit', async () => {
  assert.deepEqual(await train(threads), await train(threads));
});

test('A batch is dealt out evenly, each part with its share of what the classes count', () => {
  const parts = dealOut(batch, 3, loss);
  assert.deepEqual(
    parts.map(({ labels, share }) => [labels, share]),
    [
      [[0, 1, 1], 7 / 13],
      [[0, 1], 4 / 13],
      [[0, 0], 2 / 13],
    ],
  );
  assert.deepEqual(parts[1]?.features, batch.features.subarray(3 * 32, 5 * 32));
});

test('No part is without an image', () => {
  const single = { features: batch.features.slice(0, 32), shape: batch.shape, labels: [1] };
  assert.deepEqual(
    dealOut(single, 3, plainLoss).map(({ share }) => share),
    [1],
  );
});

test('Little work is not worth other threads', () => {
  assert.equal(countStepThreads(network, { batchSize: 32, images: 1000 }), 1);
});

test('Much work is worth all processors, eight at most', () => {
  const threads = countStepThreads(network, { batchSize: 32, images: 1e9 });
  assert.equal(threads, Math.min(8, countProcessors()));
});

test('Threads that are stopped in the middle of a step are missed by nobody but whoever waits for it', async () => {
  const others = new built.StepThreads(network, loss, { count: 2, lengths: [54, 3, 6, 2] });
  const trained = await openModel(network);
  const begun = others.begin(trained, batch, random);
  await others.stop();
  await new Promise(resolve => setImmediate(resolve));
  await assert.rejects(begun.others);
  trained.dispose();
});
