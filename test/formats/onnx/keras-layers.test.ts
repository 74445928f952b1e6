// What Keras' layers can do and tfjs' cannot, against numbers worked out by hand; and what is refused.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compileOnnx } from '../../../src/formats/onnx/compile.js';
import { openSession } from '../../../src/inference/session.js';
import type { LayerConfig, Network, WeightTensor } from '../../../src/network/network.js';
import { assertClose } from './parity.js';

/** A network of one layer on a 1x2 image of 3 channels. */
function networkOf(className: string, config: object, weights: readonly WeightTensor[] = []): Network {
  const input = { class_name: 'InputLayer', config: { name: 'image', batch_input_shape: [null, 1, 2, 3] } };
  const layer: LayerConfig = {
    class_name: className,
    config: { name: 'layer', ...config },
    inbound_nodes: [[['image', 0, 0, {}]]],
  };
  return {
    topology: {
      class_name: 'Model',
      config: {
        name: 'test',
        layers: [{ ...input, inbound_nodes: [] }, layer],
        input_layers: [['image', 0, 0]],
        output_layers: [['layer', 0, 0]],
      },
    },
    weights: new Map(weights.map(weight => [weight.name, weight])),
  };
}

async function run(
  network: Network,
  input: readonly number[],
): Promise<{ data: number[]; shape: readonly number[] }> {
  const session = await openSession(compileOnnx(network), { threads: 1 });
  const { data, shape } = await session.run(Float32Array.from(input), [1, 1, 2, 3]);
  await session.release();
  return { data: [...data], shape };
}

const input = [-2, -1, 0, 0.5, 3, 9];
const relu6 = (x: number) => Math.min(Math.max(x, 0), 6);

const cases: readonly (readonly [string, object, readonly number[]])[] = [
  ['ReLU', { negative_slope: 0.1 }, [-0.2, -0.1, 0, 0.5, 3, 9]],
  ['ReLU', { negative_slope: 0.1, max_value: 6 }, [-0.2, -0.1, 0, 0.5, 3, 6]],
  ['ReLU', { threshold: 1 }, [0, 0, 0, 0, 3, 9]],
  ['ReLU', { threshold: 1, negative_slope: 0.5, max_value: 6 }, [-1.5, -1, -0.5, -0.25, 3, 6]],
  ['LeakyReLU', { negative_slope: 0.2 }, [-0.4, -0.2, 0, 0.5, 3, 9]],
  ['ELU', { alpha: 2 }, [2 * Math.expm1(-2), 2 * Math.expm1(-1), 0, 0.5, 3, 9]],
  ['Activation', { activation: 'hard_swish' }, input.map(x => (x * relu6(x + 3)) / 6)],
  ['Activation', { activation: 'silu' }, input.map(x => x / (1 + Math.exp(-x)))],
  ['Activation', { activation: 'exponential' }, input.map(Math.exp)],
  [
    'Activation',
    { activation: 'log_softmax' },
    input.map(
      (x, i) =>
        x -
        Math.log(
          Math.exp(input[i < 3 ? 0 : 3]!) + Math.exp(input[i < 3 ? 1 : 4]!) + Math.exp(input[i < 3 ? 2 : 5]!),
        ),
    ),
  ],
  ['Softmax', { axis: 2 }, input.map((x, i) => Math.exp(x) / (Math.exp(x) + Math.exp(input[(i + 3) % 6]!)))],
  ['Rescaling', { scale: [1, 2, 3], offset: [0, 0, 1] }, [-2, -2, 1, 0.5, 6, 28]],
  ['GlobalAveragePooling2D', { keepdims: true }, [-0.75, 1, 4.5]],
  ['RandomFlip', {}, input],
];

describe('Layers as Keras defines them, where tfjs knows less', () => {
  for (const [className, config, expected] of cases) {
    test(`${className} ${JSON.stringify(config)}`, async () => {
      assertClose((await run(networkOf(className, config), input)).data, expected, 1e-6);
    });
  }

  test('keepdims leaves a feature map of one pixel', async () => {
    const { shape } = await run(networkOf('GlobalMaxPooling2D', { keepdims: true }), input);
    assert.deepEqual(shape, [1, 1, 1, 3]);
  });

  test('Conv2D in groups', async () => {
    const kernel = { name: 'layer/kernel', shape: [1, 1, 1, 6], data: Float32Array.of(1, 2, 3, 4, 5, 6) };
    const config = { filters: 6, kernel_size: [1, 1], groups: 3, use_bias: false };
    const { data } = await run(networkOf('Conv2D', config, [kernel]), input);
    assertClose(data, [-2, -4, -3, -4, 0, 0, 0.5, 1, 9, 12, 45, 54], 1e-6);
  });
});

const kernel = { name: 'layer/kernel', shape: [1, 1, 3, 2], data: new Float32Array(6) };
const refused: readonly (readonly [string, Network, string, RegExp])[] = [
  [
    'an unknown class',
    networkOf('Wavelet', {}),
    'unsupported-layer',
    /"layer" is a Wavelet.*Supported: Activation, /,
  ],
  ['an unknown activation', networkOf('Activation', { activation: 'sine' }), 'unsupported-layer', /"sine"/],
  [
    'an activation named like a method',
    networkOf('Activation', { activation: 'constructor' }),
    'unsupported-layer',
    /"constructor"/,
  ],
  [
    'channels first',
    networkOf('MaxPooling2D', { data_format: 'channels_first' }),
    'unsupported-layer',
    /channels_first/,
  ],
  [
    'a missing weight',
    networkOf('Conv2D', { kernel_size: [1, 1] }),
    'bad-weights',
    /"layer\/kernel" of layer layer is missing/,
  ],
  [
    'a weight of the wrong shape',
    networkOf('Conv2D', { kernel_size: [1, 2], filters: 2 }, [kernel]),
    'bad-weights',
    /\[1,1,3,2\].*\[1,2,3,any\]/,
  ],
  [
    'a weight cut short',
    networkOf('Conv2D', { kernel_size: [1, 1] }, [{ ...kernel, data: new Float32Array(5) }]),
    'bad-weights',
    /5 numbers/,
  ],
  [
    'a size of nonsense',
    networkOf('MaxPooling2D', { pool_size: ['a', 2] }),
    'bad-model',
    /pool_size = \["a",2\]/,
  ],
  [
    'a shape that does not fit',
    networkOf('Reshape', { target_shape: [7] }),
    'bad-model',
    /input of \(None, 1, 2, 3\) with target_shape = \[7\]/,
  ],
  [
    'normalisation over the rows',
    networkOf('BatchNormalization', { axis: 1 }),
    'unsupported-layer',
    /axis \[1\]/,
  ],
];

describe('What cannot be lowered is refused by name', () => {
  for (const [title, network, code, message] of refused) {
    test(title, () => assert.throws(() => compileOnnx(network), { code, message }));
  }

  test('a layer that waits for itself', () => {
    const network = networkOf('ReLU', {});
    const [image, layer] = network.topology.config.layers;
    const looped = { ...layer!, inbound_nodes: [[['layer', 0, 0, {}] as const]] };
    const config = { ...network.topology.config, layers: [image!, looped] };
    const topology = { ...network.topology, config };
    assert.throws(() => compileOnnx({ ...network, topology }), {
      code: 'bad-model',
      message: /"layer" form a ring/,
    });
  });
});
