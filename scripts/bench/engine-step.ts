// The process that engines.ts measures: one engine, one tail, a few training steps of the project's own.
import * as tf from '@tensorflow/tfjs-core';
import { input, type LayersModel, layers, model } from '@tensorflow/tfjs-layers';
import { startEngine } from '../../src/engines/start.js';
import { plainLoss } from '../../src/training/loss.js';
import { trainableWeights, trainStep } from '../../src/training/model.js';
import { Optimizer } from '../../src/training/optimizer.js';

const [engine = 'auto', tail = 'block5', steps = '4'] = process.argv.slice(2);
const batchSize = 32;

/** What lies above the cut, five classes, on random features. */
const tails: Readonly<Record<string, () => LayersModel>> = {
  block5: () => {
    const start = input({ shape: [14, 14, 512] });
    const convolve = () =>
      layers.conv2d({ filters: 512, kernelSize: 3, padding: 'same', activation: 'relu' });
    const convolved = [convolve(), convolve(), convolve()].reduce(
      (x, layer) => layer.apply(x) as typeof start,
      start,
    );
    const pooled = layers.maxPooling2d({ poolSize: 2, strides: 2 }).apply(convolved);
    const features = layers.globalAveragePooling2d({}).apply(pooled);
    return model({
      inputs: start,
      outputs: layers.dense({ units: 5, activation: 'softmax' }).apply(features) as typeof start,
    });
  },
  dense: () => {
    const start = input({ shape: [25088] });
    const hidden = layers.dense({ units: 256, activation: 'relu' }).apply(start);
    return model({
      inputs: start,
      outputs: layers.dense({ units: 5, activation: 'softmax' }).apply(hidden) as typeof start,
    });
  },
};

const started = performance.now();
if (engine === 'wasm-as-it-comes') {
  await import('@tensorflow/tfjs-backend-wasm');
  await tf.setBackend('wasm');
} else {
  await startEngine(engine as 'auto');
}
const startMilliseconds = performance.now() - started;
const network = tails[tail]!();
const variables = trainableWeights(network).map(({ variable }) => ({ variable, factor: 1 }));
const optimizer = new Optimizer(variables, { optimizer: 'adam', weightDecay: 0 });
const training = { model: network, optimizer, loss: plainLoss };
const [, ...shape] = network.inputs[0]!.shape as [null, ...number[]];
const batch = {
  features: new Float32Array(tf.util.sizeFromShape(shape) * batchSize).map(
    (_, index) => ((index * 7919) % 997) / 997,
  ),
  shape,
  labels: Array.from({ length: batchSize }, (_, index) => index % 5),
};
const milliseconds = Array.from({ length: Number(steps) + 1 }, () => {
  const before = performance.now();
  trainStep(training, batch, 1e-4);
  return performance.now() - before;
});
// The first step allocates and warms up.
process.stdout.write(JSON.stringify({ startMilliseconds, milliseconds: milliseconds.slice(1) }));
