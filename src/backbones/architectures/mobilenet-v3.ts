// MobileNetV3 Small and Large (Howard et al., 2019), layer for layer as in Keras; the input is scaled inside.

import { NetworkBuilder, type Tensor } from '../../network/builder.js';
import type { FunctionalConfig } from '../../network/network.js';
import { multipleOf8 } from './mobilenet-v2.js';
import type { TopologyOptions } from './topology-options.js';

/** Per block: expansion, filters, kernel size, stride, with a squeeze-and-excitation gate, with hard swish. */
type Block = readonly [
  expansion: number,
  filters: number,
  size: number,
  strides: number,
  isGated: boolean,
  isSwish: boolean,
];

const small: readonly Block[] = [
  [1, 16, 3, 2, true, false],
  [72 / 16, 24, 3, 2, false, false],
  [88 / 24, 24, 3, 1, false, false],
  [4, 40, 5, 2, true, true],
  [6, 40, 5, 1, true, true],
  [6, 40, 5, 1, true, true],
  [3, 48, 5, 1, true, true],
  [3, 48, 5, 1, true, true],
  [6, 96, 5, 2, true, true],
  [6, 96, 5, 1, true, true],
  [6, 96, 5, 1, true, true],
];

const large: readonly Block[] = [
  [1, 16, 3, 1, false, false],
  [4, 24, 3, 2, false, false],
  [3, 24, 3, 1, false, false],
  [3, 40, 5, 2, true, false],
  [3, 40, 5, 1, true, false],
  [3, 40, 5, 1, true, false],
  [6, 80, 3, 2, false, true],
  [2.5, 80, 3, 1, false, true],
  [2.3, 80, 3, 1, false, true],
  [2.3, 80, 3, 1, false, true],
  [6, 112, 3, 1, true, true],
  [6, 112, 3, 1, true, true],
  [6, 160, 5, 2, true, true],
  [6, 160, 5, 1, true, true],
  [6, 160, 5, 1, true, true],
];

const batchNorm = { momentum: 0.999, epsilon: 0.001 };
const pointwise = { size: 1, padding: 'same', use_bias: false } as const;

/** MobileNetV3Small of width 1. */
export function planMobilenetV3Small(options: TopologyOptions): FunctionalConfig {
  return plan(options, { name: 'MobileNetV3Small', blocks: small, lastFilters: 1024 });
}

/** MobileNetV3Large of width 1. */
export function planMobilenetV3Large(options: TopologyOptions): FunctionalConfig {
  return plan(options, { name: 'MobileNetV3Large', blocks: large, lastFilters: 1280 });
}

interface Variant {
  readonly name: string;
  readonly blocks: readonly Block[];
  /** The filters of the top's first convolution. */
  readonly lastFilters: number;
}

function plan(options: TopologyOptions, { name, blocks, lastFilters }: Variant): FunctionalConfig {
  const build = new NetworkBuilder();
  const input = build.input('input_layer', options.inputSize);
  let x = build.add('Rescaling', [input], { name: 'rescaling', scale: 1 / 127.5, offset: -1 });
  x = build.conv(x, { name: 'conv', filters: 16, size: 3, strides: 2, padding: 'same', use_bias: false });
  x = activate(build, build.batchNorm(x, { name: 'conv_bn', ...batchNorm }), true);
  for (const [index, block] of blocks.entries()) x = invertedResidual(build, x, { index, block });
  const filters = multipleOf8((x.shape.at(-1) ?? 0) * 6);
  x = build.conv(x, { name: 'conv_1', filters, ...pointwise });
  x = activate(build, build.batchNorm(x, { name: 'conv_1_bn', ...batchNorm }), true);
  if (options.includeTop) {
    x = build.globalAveragePool(x, { name: 'global_average_pooling2d', keepdims: true });
    x = build.conv(x, { name: 'conv_2', filters: lastFilters, size: 1, padding: 'same' });
    x = build.dropout(activate(build, x, true), { name: 'dropout', rate: 0.2 });
    x = build.conv(x, { name: 'logits', filters: 1000, size: 1, padding: 'same' });
    x = build.activation(build.add('Flatten', [x], { name: 'flatten' }), 'predictions', 'softmax');
  }
  return build.topology(name, x);
}

/** ReLU, or `x * relu6(x + 3) / 6`. */
function activate(build: NetworkBuilder, x: Tensor, isSwish: boolean): Tensor {
  return isSwish
    ? build.activation(x, 'activation', 'hard_swish')
    : build.add('ReLU', [x], { name: 're_lu' });
}

interface BlockOptions {
  readonly index: number;
  readonly block: Block;
}

function invertedResidual(build: NetworkBuilder, input: Tensor, { index, block }: BlockOptions): Tensor {
  const [expansion, filters, size, strides, isGated, isSwish] = block;
  const prefix = index === 0 ? 'expanded_conv_' : `expanded_conv_${index}_`;
  const normalize = (tensor: Tensor, name: string) =>
    build.batchNorm(tensor, { name: `${prefix}${name}`, ...batchNorm });
  const inputFilters = input.shape.at(-1) ?? 0;
  const width = multipleOf8(inputFilters * expansion);
  let x = input;
  if (index > 0) {
    x = build.conv(x, { name: `${prefix}expand`, filters: width, ...pointwise });
    x = activate(build, normalize(x, 'expand_bn'), isSwish);
  }
  if (strides === 2) x = build.padForStride2(x, `${prefix}depthwise_pad`, size);
  x = build.depthwise(x, { name: `${prefix}depthwise`, size, strides });
  x = activate(build, normalize(x, 'depthwise_bn'), isSwish);
  if (isGated) x = squeezeAndExcite(build, x, `${prefix}squeeze_excite_`);
  x = normalize(build.conv(x, { name: `${prefix}project`, filters, ...pointwise }), 'project_bn');
  const isResidual = strides === 1 && inputFilters === filters;
  return isResidual ? build.add('Add', [input, x], { name: `${prefix}add` }) : x;
}

function squeezeAndExcite(build: NetworkBuilder, input: Tensor, prefix: string): Tensor {
  const filters = input.shape.at(-1) ?? 0;
  const settings = { size: 1, padding: 'same' } as const;
  let gate = build.globalAveragePool(input, { name: `${prefix}avg_pool`, keepdims: true });
  gate = build.conv(gate, { name: `${prefix}conv`, filters: multipleOf8(filters / 4), ...settings });
  gate = build.add('ReLU', [gate], { name: `${prefix}relu` });
  gate = build.conv(gate, { name: `${prefix}conv_1`, filters, ...settings });
  // relu6(x + 3) / 6
  gate = build.add('Rescaling', [gate], { name: 'add', scale: 1, offset: 3 });
  gate = build.add('ReLU', [gate], { name: 're_lu', max_value: 6 });
  gate = build.add('Rescaling', [gate], { name: 'multiply', scale: 1 / 6, offset: 0 });
  return build.add('Multiply', [input, gate], { name: `${prefix}mul` });
}
