// The process that engines.ts measures: one engine, one tail, a few training steps of the project's own.
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine } from '../../src/engines/start.js';
import { NetworkBuilder } from '../../src/network/builder.js';
import type { FunctionalConfig } from '../../src/network/network.js';
import { headNetwork } from '../../src/training/head.js';
import { drawWeights } from '../../src/training/initialize.js';
import { plainLoss } from '../../src/training/loss.js';
import { openModel, trainableWeights } from '../../src/training/model.js';
import { Optimizer } from '../../src/training/optimizer.js';
import { trainStep } from '../../src/training/step.js';
import { scripts } from './workspace.js';

// As built: its threads run JavaScript.
const { countStepThreads, StepThreads }: typeof import('../../src/training/step-threads.js') = await import(
  join(scripts, '../../dist/training/step-threads.js')
);

const [engine = 'auto', tail = 'block5', steps = '4'] = process.argv.slice(2);
const batchSize = 32;

/** What lies above the cut, five classes. */
const tails: Readonly<Record<string, () => FunctionalConfig>> = {
  block5() {
    const build = new NetworkBuilder();
    const settings = { filters: 512, size: 3, padding: 'same', activation: 'relu' } as const;
    const convolved = ['conv1', 'conv2', 'conv3'].reduce(
      (x, name) => build.conv(x, { ...settings, name }),
      build.input('features', [14, 14, 512]),
    );
    const pooled = build.maxPool(convolved, { name: 'pool', size: 2, strides: 2 });
    const averaged = build.globalAveragePool(pooled, { name: 'average' });
    return build.topology(
      'block5',
      build.dense(averaged, { name: 'predictions', units: 5, activation: 'softmax' }),
    );
  },
  dense: () => headNetwork([25088], { hidden: [256], dropout: 0, classes: 5 }, []).topology,
};

const started = performance.now();
if (engine === 'wasm-as-it-comes') {
  await import('@tensorflow/tfjs-backend-wasm');
  await tf.setBackend('wasm');
} else {
  await startEngine(engine as 'auto');
}
const startMilliseconds = performance.now() - started;
const network = drawWeights(tails[tail]!(), 1);
const model = await openModel(network);
const variables = trainableWeights(model).map(({ variable }) => ({ variable, factor: 1 }));
const optimizer = new Optimizer(variables, { optimizer: 'adam', weightDecay: 0 });
// As in a training that is long enough to be worth threads.
const count = engine === 'wasm' ? countStepThreads(network, { batchSize, images: 1e6 }) : 1;
const lengths = variables.map(({ variable }) => variable.size);
const threads = count > 1 ? new StepThreads(network, plainLoss, { count, lengths }) : undefined;
const training = { model, optimizer, loss: plainLoss, threads };
const [, ...shape] = model.inputs[0]!.shape as [null, ...number[]];
const batch = {
  features: new Float32Array(tf.util.sizeFromShape(shape) * batchSize).map(
    (_, index) => ((index * 7919) % 997) / 997,
  ),
  shape,
  labels: Array.from({ length: batchSize }, (_, index) => index % 5),
};
const milliseconds: number[] = [];
for (let step = 0; step <= Number(steps); step++) {
  const before = performance.now();
  await trainStep(training, batch, { rate: 1e-4, random: () => 0 });
  milliseconds.push(performance.now() - before);
}
await threads?.stop();
// The first step allocates and warms up.
process.stdout.write(JSON.stringify({ startMilliseconds, milliseconds: milliseconds.slice(1) }));
