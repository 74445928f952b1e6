import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { compileOnnx } from '../../src/formats/onnx/compile.js';
import { NetworkBuilder } from '../../src/network/builder.js';
import { splitAt } from '../../src/network/split.js';
import { summarize } from '../../src/network/summarize.js';
import { variablesOf } from '../../src/network/variables.js';
import { walk } from '../../src/network/walk.js';
import { randomNumbers } from '../helpers/tfjs-network.js';

/** Keras' first ConvNet, for digits of 28x28 grey pixels (https://keras.io/examples/vision/mnist_convnet). */
function convNet(channels: number) {
  const build = new NetworkBuilder();
  let x = build.input('image', [28, 28, channels]);
  x = build.conv(x, { name: 'conv1', filters: 32, size: 3, activation: 'relu' });
  x = build.maxPool(x, { name: 'pool1', size: 2 });
  x = build.conv(x, { name: 'conv2', filters: 64, size: 3, activation: 'relu' });
  x = build.maxPool(x, { name: 'pool2', size: 2 });
  x = build.add('Flatten', [x], { name: 'flatten' });
  x = build.dropout(x, { name: 'dropout', rate: 0.5 });
  x = build.dense(x, { name: 'classes', units: 10, activation: 'softmax' });
  return withRandomWeights(build.topology('convnet', x));
}

function withRandomWeights(topology: ReturnType<NetworkBuilder['topology']>) {
  const random = randomNumbers(1);
  const weights = walk({ topology }).calls.flatMap(({ layer, inputShapes: [input = []] }) =>
    variablesOf(layer.class_name, layer.config, input).map(({ name, shape }) => {
      const length = shape.reduce((product, size) => product * size, 1);
      const data = Float32Array.from({ length }, () => 0.2 * random());
      return { name: `${layer.config.name}/${name}`, shape, data };
    }),
  );
  return { topology, weights: new Map(weights.map(weight => [weight.name, weight])) };
}

async function run(model: Uint8Array, shape: readonly number[], data: Float32Array): Promise<Float32Array> {
  const session = await InferenceSession.create(model);
  const { output } = await session.run({ input: new Tensor('float32', data, [1, ...shape]) });
  await session.release();
  assert.ok(output?.data instanceof Float32Array);
  return output.data;
}

describe('A ConvNet for small grey images', () => {
  test("has Keras' numbers of parameters", () => {
    const { rows, parameters } = summarize(convNet(1).topology);
    assert.equal(parameters, 34_826);
    const counts = rows.map(row => row.parameters).filter(count => count > 0);
    assert.deepEqual(counts, [320, 18_496, 16_010]);
  });

  for (const channels of [1, 2, 3, 4]) {
    test(`runs in ONNX Runtime with ${channels} channels, whole or as base and trainable part`, async () => {
      const network = convNet(channels);
      const shape = [28, 28, channels];
      const image = Float32Array.from({ length: 28 * 28 * channels }, (_, i) => ((7 * i) % 256) / 255);
      const predictions = await run(compileOnnx(network), shape, image);
      assert.equal(predictions.length, 10);
      const { base, trainable } = splitAt(network, 'pool1');
      const features = await run(compileOnnx(base), shape, image);
      const again = await run(compileOnnx(trainable), [13, 13, 32], features);
      for (const [i, value] of predictions.entries()) {
        assert.ok(Math.abs(value - (again[i] ?? Number.NaN)) < 1e-6);
      }
    });
  }
});

describe('NetworkBuilder', () => {
  test('refuses inputs that do not fit, by the name of the layer', () => {
    const build = new NetworkBuilder();
    const image = build.input('image', [8, 8]);
    assert.throws(() => build.conv(image, { name: 'large', filters: 1, size: 9 }), {
      code: 'bad-model',
      message: /"large" \(Conv2D\).*kernel_size = \[9,9\]/,
    });
  });

  test('makes names unique', () => {
    const build = new NetworkBuilder();
    const image = build.input('image', [8, 8]);
    const twice = build.relu6(build.relu6(image, 'relu'), 'relu');
    assert.equal(twice.layer, 'relu_1');
  });
});
