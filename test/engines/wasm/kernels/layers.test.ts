// The wasm engine trains every layer that a backbone, a block or a head may have.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { input, layers, model } from '@tensorflow/tfjs-layers';
import { startEngine } from '../../../../src/engines/start.js';
import { assertClose, random, valuesOn } from '../../compare.js';

before(async () => {
  await startEngine('wasm');
});

const table: Record<string, () => layers.Layer> = {
  Conv2D: () => layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'relu' }),
  'Conv2D, linear': () => layers.conv2d({ filters: 4, kernelSize: [3, 2], strides: 2 }),
  'Conv2D, dilated': () => layers.conv2d({ filters: 4, kernelSize: 2, dilationRate: 2, activation: 'relu' }),
  DepthwiseConv2D: () =>
    layers.depthwiseConv2d({ kernelSize: 3, strides: 2, padding: 'same', depthMultiplier: 2 }),
  SeparableConv2D: () => layers.separableConv2d({ filters: 5, kernelSize: 3, activation: 'relu6' }),
  Conv2DTranspose: () => layers.conv2dTranspose({ filters: 2, kernelSize: 3, strides: 2, padding: 'same' }),
  BatchNormalization: () => layers.batchNormalization(),
  LayerNormalization: () => layers.layerNormalization(),
  MaxPooling2D: () => layers.maxPooling2d({ poolSize: 2, strides: 2 }),
  // Padded, that backend's gradient is wrong: avg-pool-gradient.test.ts.
  AveragePooling2D: () => layers.averagePooling2d({ poolSize: 3, strides: 2 }),
  GlobalAveragePooling2D: () => layers.globalAveragePooling2d({}),
  GlobalMaxPooling2D: () => layers.globalMaxPooling2d({}),
  ZeroPadding2D: () =>
    layers.zeroPadding2d({
      padding: [
        [0, 1],
        [2, 1],
      ],
    }),
  Cropping2D: () =>
    layers.cropping2D({
      cropping: [
        [0, 1],
        [2, 1],
      ],
    }),
  Flatten: () => layers.flatten(),
  Dense: () => layers.dense({ units: 7, activation: 'softmax' }),
  LeakyReLU: () => layers.leakyReLU({ alpha: 0.1 }),
  PReLU: () => layers.prelu({ sharedAxes: [1, 2] }),
  ReLU6: () => layers.reLU({ maxValue: 6 }),
  ELU: () => layers.elu({}),
  ...Object.fromEntries(
    (['tanh', 'swish', 'gelu', 'hardSigmoid', 'selu', 'softplus', 'relu6'] as const).map(activation => [
      activation,
      () => layers.activation({ activation: activation as 'swish' }),
    ]),
  ),
};

/** Gradients of the weights and of the input, with seeded values. */
function gradientsOf(create: () => layers.Layer): () => tf.Tensor[] {
  return () => {
    const layer = create();
    const start = input({ shape: [6, 7, 3] });
    const network = model({ inputs: start, outputs: layer.apply(start) as typeof start });
    network.setWeights(network.getWeights().map((each, index) => tf.abs(random(each.shape, index + 1))));
    const x = tf.variable(random([2, 6, 7, 3], 100));
    const loss = (): tf.Scalar => {
      const output = network.apply(x, { training: true }) as tf.Tensor;
      return tf.sum(tf.mul(output, random(output.shape, 101)));
    };
    const { grads } = tf.variableGrads(loss);
    const names = Object.keys(grads).sort((a, b) => grads[a]!.size - grads[b]!.size);
    return names.map(name => grads[name]!);
  };
}

for (const [name, create] of Object.entries(table)) {
  test(`${name} trains, with the gradients of the JavaScript backend`, async () => {
    const compute = gradientsOf(create);
    const [actual, expected] = [await valuesOn('wasm', compute), await valuesOn('cpu', compute)];
    assert.equal(actual.length, expected.length);
    for (const [index, each] of actual.entries())
      assertClose(each, expected[index]!, 2e-5, `${name} ${index}`);
  });
}
