// Xception (Chollet, 2016), layer for layer as in Keras.

import { NetworkBuilder, type Tensor } from '../../network/builder.js';
import type { FunctionalConfig } from '../../network/network.js';
import { withTop } from './blocks.js';
import type { TopologyOptions } from './topology-options.js';

/** Xception. */
export function planXception(options: TopologyOptions): FunctionalConfig {
  const build = new NetworkBuilder();
  let x = build.input('input_layer', options.inputSize);
  x = convolve(build, x, { name: 'block1_conv1', filters: 32, strides: 2 });
  x = convolve(build, x, { name: 'block1_conv2', filters: 64, strides: 1 });
  x = halvingBlock(build, x, { block: 2, filters: [128, 128], isActiveFirst: false });
  x = halvingBlock(build, x, { block: 3, filters: [256, 256], isActiveFirst: true });
  x = halvingBlock(build, x, { block: 4, filters: [728, 728], isActiveFirst: true });
  for (let block = 5; block <= 12; block++) x = middleBlock(build, x, block);
  x = halvingBlock(build, x, { block: 13, filters: [728, 1024], isActiveFirst: true });
  for (const [index, filters] of [1536, 2048].entries()) {
    const name = `block14_sepconv${index + 1}`;
    x = build.activation(separable(build, x, { name, filters }), `${name}_act`, 'relu');
  }
  return withTop(build, x, { name: 'xception', ...options });
}

interface StemOptions {
  readonly name: string;
  readonly filters: number;
  readonly strides: number;
}

function convolve(build: NetworkBuilder, input: Tensor, { name, filters, strides }: StemOptions): Tensor {
  const x = build.conv(input, { name, filters, size: 3, strides, use_bias: false });
  return build.activation(build.batchNorm(x, { name: `${name}_bn` }), `${name}_act`, 'relu');
}

interface BlockOptions {
  readonly block: number;
  readonly filters: readonly [number, number];
  /** Whether it begins with an activation; the first one follows one already. */
  readonly isActiveFirst: boolean;
}

/** Two separable convolutions beside a 1x1 convolution, both to half the size. */
function halvingBlock(
  build: NetworkBuilder,
  input: Tensor,
  { block, filters, isActiveFirst }: BlockOptions,
): Tensor {
  const [first, last] = filters;
  const settings = { name: 'conv2d', filters: last, size: 1, strides: 2 };
  const shortcut = build.batchNorm(build.conv(input, { ...settings, padding: 'same', use_bias: false }), {
    name: 'batch_normalization',
  });
  const prefix = `block${block}_sepconv`;
  let x = isActiveFirst ? build.activation(input, `${prefix}1_act`, 'relu') : input;
  x = separable(build, x, { name: `${prefix}1`, filters: first });
  x = separable(build, build.activation(x, `${prefix}2_act`, 'relu'), { name: `${prefix}2`, filters: last });
  x = build.maxPool(x, { name: `block${block}_pool`, size: 3, strides: 2, padding: 'same' });
  return build.add('Add', [x, shortcut], { name: 'add' });
}

function middleBlock(build: NetworkBuilder, input: Tensor, block: number): Tensor {
  let x = input;
  for (const part of [1, 2, 3]) {
    const name = `block${block}_sepconv${part}`;
    x = separable(build, build.activation(x, `${name}_act`, 'relu'), { name, filters: 728 });
  }
  return build.add('Add', [x, input], { name: 'add' });
}

interface SeparableOptions {
  readonly name: string;
  readonly filters: number;
}

function separable(build: NetworkBuilder, input: Tensor, { name, filters }: SeparableOptions): Tensor {
  const x = build.separable(input, { name, filters, size: 3, padding: 'same' });
  return build.batchNorm(x, { name: `${name}_bn` });
}
