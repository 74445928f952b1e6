import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as layers from '@tensorflow/tfjs-layers';
import { compileGraph, compileOnnx } from '../../src/formats/onnx/compile.js';
import { encodeModel } from '../../src/formats/onnx/encode.js';
import { choosePrecision, requirements } from '../../src/inference/int8/choose.js';
import { openObserver } from '../../src/inference/int8/observe.js';
import {
  type Calibration,
  parseCalibration,
  quantizationOf,
  renderCalibration,
} from '../../src/inference/int8/quantization.js';
import { quantizeGraph } from '../../src/inference/int8/rewrite.js';
import { quantizeKernel } from '../../src/inference/int8/weights.js';
import { type ImageBatch, openSession } from '../../src/inference/session.js';
import { appendLayers } from '../../src/network/cut.js';
import type { Network } from '../../src/network/network.js';
import { countOperators } from '../helpers/onnx-operators.js';
import { networkOf, randomNumbers } from '../helpers/tfjs-network.js';

const make = layers.layers;
type Tensor = layers.SymbolicTensor;

/** A small network with everything that runs in int8: 8 convolutions, one of them depthwise, a sum, a concatenation. */
function smallNetwork(): Network {
  const image = layers.input({ shape: [24, 24, 3] });
  const conv = (x: Tensor, config: object) =>
    make
      .conv2d({ filters: 16, kernelSize: 3, padding: 'same', activation: 'relu', ...config })
      .apply(x) as Tensor;
  const stem = conv(image, { useBias: false, activation: 'linear' });
  const normed = make.reLU({ maxValue: 6 }).apply(make.batchNormalization({}).apply(stem)) as Tensor;
  const pooled = make.maxPooling2d({}).apply(conv(normed, {})) as Tensor;
  const filtered = make.depthwiseConv2d({ kernelSize: 3, padding: 'same' }).apply(conv(pooled, {})) as Tensor;
  const sum = make.add().apply([conv(filtered, { activation: 'linear', kernelSize: 1 }), pooled]) as Tensor;
  const joined = make.concatenate().apply([conv(sum, {}), conv(sum, { kernelSize: 1 })]) as Tensor;
  const last = conv(make.averagePooling2d({}).apply(joined) as Tensor, { filters: 8 });
  return networkOf(layers.model({ inputs: image, outputs: last, name: 'small' }));
}

function images(count: number, seed: number): ImageBatch[] {
  const random = randomNumbers(seed);
  const image = () => Float32Array.from({ length: 24 * 24 * 3 }, () => 2 * random());
  return Array.from({ length: count }, () => ({ input: image(), shape: [1, 24, 24, 3] }));
}

async function calibrate(network: Network, floatLayers = 0): Promise<Calibration> {
  const observer = await openObserver(compileGraph(network));
  for (const image of images(8, 3)) await observer.run(image, true);
  await observer.release();
  return { floatLayers, values: observer.statistics('min-max') };
}

async function runModel(model: Uint8Array, image: ImageBatch, output?: { scale: number; zeroPoint: number }) {
  const session = await openSession(model, { output });
  const result = await session.run(image.input, image.shape);
  await session.release();
  return result;
}

function cosineOf(left: Float32Array, right: Float32Array): number {
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  return dot(left, right) / Math.sqrt(dot(left, left) * dot(right, right));
}

const compileQuantized = (of: Network, calibration: Calibration) =>
  encodeModel(quantizeGraph(compileGraph(of), calibration).graph);

const network = smallNetwork();
const [probe] = images(1, 5);

describe('A network in int8', () => {
  test('gives nearly the features that it gives in float', async () => {
    const model = compileQuantized(network, await calibrate(network));
    const [bytes, float] = [await runModel(model, probe!), await runModel(compileOnnx(network), probe!)];
    assert.deepEqual(bytes.shape, float.shape);
    assert.ok(cosineOf(bytes.data, float.data) > 0.999);
  });

  test('has no island of floats between its first and its last byte', async () => {
    const model = compileQuantized(network, await calibrate(network));
    const { Pad, Transpose, ...operators } = await countOperators(model);
    assert.deepEqual(operators, {
      QuantizeLinear: 1,
      QLinearConv: 8,
      NhwcMaxPool: 1,
      QLinearAdd: 1,
      QLinearConcat: 1,
      QLinearAveragePool: 1,
      DequantizeLinear: 1,
    });
    assert.ok(Pad === 1 && (Transpose ?? 0) <= 2);
  });

  test('keeps its first layers in float when it is told to', async () => {
    const model = compileQuantized(network, await calibrate(network, 2));
    const operators = await countOperators(model);
    assert.equal(operators.Conv, 2);
    assert.equal(operators.QLinearConv, 6);
  });

  test('can give its features as the uint8 numbers that they are', async () => {
    const calibration = await calibrate(network);
    const float = await runModel(compileQuantized(network, calibration), probe!);
    const { graph, output } = quantizeGraph(compileGraph(network), calibration, 'uint8');
    const { data, bytes } = await runModel(encodeModel(graph), probe!, output);
    assert.deepEqual(data, float.data);
    assert.deepEqual(bytes?.length, data.length);
  });

  test('runs a head that was put on top in float, on the features of the base alone', async () => {
    const calibration = await calibrate(network);
    const pooling = { class_name: 'GlobalAveragePooling2D', config: { name: 'pool' } };
    const dense = { class_name: 'Dense', config: { name: 'head', units: 2, activation: 'linear' } };
    const kernel = {
      name: 'head/kernel',
      shape: [8, 2],
      data: Float32Array.from({ length: 16 }, (_, i) => i % 2),
    };
    const bias = { name: 'head/bias', shape: [2], data: Float32Array.of(0, 1) };
    const joined = appendLayers(network, [pooling, dense], [kernel, bias]);
    const { data: map } = await runModel(compileQuantized(network, calibration), probe!);
    const { data } = await runModel(compileQuantized(joined, calibration), probe!);
    const sum = map.reduce((total, value) => total + value, 0) / (map.length / 8);
    assert.ok(Math.abs(data[1]! - sum - 1) < 1e-4 * Math.abs(sum) && data[0] === 0);
  });
});

describe('Quantization', () => {
  for (const [range, scale, zeroPoint] of [
    [[0, 255], 1, 0],
    [[-127.5, 127.5], 1, 128],
    [[2, 51], 0.2, 0],
    [[-510, -1], 2, 255],
    [[0, 0], 1, 0],
  ] as const) {
    test(`of ${range[0]} to ${range[1]} has an exact zero`, () => {
      assert.deepEqual(quantizationOf(range), { scale: Math.fround(scale), zeroPoint });
    });
  }

  test('moves the mean of no output channel', () => {
    const random = randomNumbers(9);
    const kernel = Float32Array.from({ length: 4 * 6 * 9 }, random);
    const inputMeans = Array.from({ length: 6 }, () => 3 + random());
    const inputScale = 0.02;
    const shape = { outputs: 4, groups: 1, positions: 9 };
    const input = { scale: inputScale, means: inputMeans };
    const quantized = quantizeKernel({ kernel, ...shape, bias: undefined, input });
    for (let output = 0; output < 4; output++) {
      let [exact, rounded] = [0, quantized.bias[output]! * inputScale * quantized.scales[output]!];
      for (let i = output * 54; i < (output + 1) * 54; i++) {
        const mean = inputMeans[Math.floor((i % 54) / 9)]!;
        exact += kernel[i]! * mean;
        rounded += (quantized.kernel[i]! - quantized.zeroPoint) * quantized.scales[output]! * mean;
      }
      assert.ok(Math.abs(rounded - exact) <= inputScale * quantized.scales[output]!);
    }
  });

  test('leaves room for a bias that is large against its weights', () => {
    const kernel = Float32Array.of(1e-9, -1e-9);
    const shape = { outputs: 1, groups: 1, positions: 1 };
    const quantized = quantizeKernel({
      kernel,
      ...shape,
      bias: Float32Array.of(5),
      input: { scale: 0.1, means: [1, 1] },
    });
    assert.ok(Math.abs(quantized.bias[0]! * quantized.scales[0]! * 0.1 - 5) < 1e-6);
  });
});

describe('The calibration', () => {
  test('is the same after it was stored', async () => {
    const calibration = await calibrate(network, 3);
    assert.deepEqual(parseCalibration(renderCalibration(calibration)), calibration);
  });

  for (const text of [
    '',
    '{}',
    '{"formatVersion":2,"floatLayers":0,"values":[]}',
    '{"formatVersion":1,"floatLayers":-1,"values":[]}',
  ]) {
    test(`is refused when it is ${text || 'empty'}`, () => {
      assert.throws(() => parseCalibration(text), { code: 'bad-model', message: /--precision fp32/ });
    });
  }

  test('leaves out the images that reach farthest, with percentile ranges', async () => {
    const observer = await openObserver(compileGraph(network));
    for (const image of images(20, 3)) await observer.run(image, true);
    await observer.run({ ...probe!, input: probe!.input.map(value => 100 * value) }, true);
    await observer.release();
    const name = 'input/channels-first';
    const [all, most] = (['min-max', 'percentile'] as const).map(
      each => observer.statistics(each).get(name)!.range[1],
    );
    assert.ok(all! > 10 * most!);
  });
});

describe('The choice of precision', () => {
  test('is float when there is nothing to measure on', async () => {
    assert.deepEqual(await choosePrecision(network, []), { precision: 'fp32', trials: [] });
    assert.deepEqual(await choosePrecision(network, images(1, 1)), { precision: 'fp32', trials: [] });
  });

  test('tells what was tried and measured, as plain data', async () => {
    const { precision, calibration, trials, taken } = await choosePrecision(network, images(12, 4));
    assert.ok(trials.length > 0 && trials.every(({ cosineMean, cosineMin }) => cosineMin <= cosineMean));
    assert.deepEqual(JSON.parse(JSON.stringify(trials)), trials);
    assert.equal(precision === 'int8', calibration !== undefined);
    assert.equal(precision === 'int8', taken !== undefined && trials.includes(taken));
  });

  test('is float when int8 is not faithful', async () => {
    const wild = new Map(network.weights);
    for (const [name, weight] of wild) {
      if (name.endsWith('kernel'))
        wild.set(name, { ...weight, data: weight.data.map((v, i) => (i % 97 ? v : 1e4 * v)) });
    }
    const { precision, trials, taken } = await choosePrecision({ ...network, weights: wild }, images(12, 4));
    assert.ok(trials[0]!.cosineMean < requirements.cosineMean, 'the weights are wild enough');
    assert.ok(precision === 'fp32' || taken!.cosineMean >= requirements.cosineMean);
  });
});
