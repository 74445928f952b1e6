// ResNet 50, 101 and 152, versions 1 (He et al., 2015) and 2 (2016), layer for layer as in Keras.

import { NetworkBuilder, type Tensor } from '../../network/builder.js';
import type { FunctionalConfig } from '../../network/network.js';
import { withTop } from './blocks.js';
import type { TopologyOptions } from './topology-options.js';

const epsilon = 1.001e-5;
const widths = [64, 128, 256, 512] as const;

/** Blocks of each of the four stacks. */
type Depths = readonly [number, number, number, number];

/**
 * Version 1: strides in the first 1x1 convolution of a block, biases everywhere.
 * @returns what builds the topology of that depth
 */
export function planResnet(name: string, depths: Depths): (options: TopologyOptions) => FunctionalConfig {
  return options => {
    const build = new NetworkBuilder();
    let x = build.pad(build.input('input_layer', options.inputSize), 'conv1_pad', 3);
    x = convolve(build, x, { name: 'conv1', filters: 64, size: 7, strides: 2 });
    x = build.pad(build.activation(x, 'conv1_relu', 'relu'), 'pool1_pad', 1);
    x = build.maxPool(x, { name: 'pool1_pool', size: 3, strides: 2 });
    for (const [index, filters] of widths.entries()) {
      for (let block = 1; block <= (depths[index] ?? 0); block++) {
        const strides = block === 1 && index > 0 ? 2 : 1;
        const blockName = `conv${index + 2}_block${block}`;
        x = residualBlock(build, x, { name: blockName, filters, strides, projected: block === 1 });
      }
    }
    return withTop(build, x, { name, ...options });
  };
}

/**
 * Version 2: normalised and activated before each convolution; the last block of a stack halves the map.
 * @returns what builds the topology of that depth
 */
export function planResnetV2(name: string, depths: Depths): (options: TopologyOptions) => FunctionalConfig {
  return options => {
    const build = new NetworkBuilder();
    let x = build.pad(build.input('input_layer', options.inputSize), 'conv1_pad', 3);
    x = build.conv(x, { name: 'conv1_conv', filters: 64, size: 7, strides: 2 });
    x = build.maxPool(build.pad(x, 'pool1_pad', 1), { name: 'pool1_pool', size: 3, strides: 2 });
    for (const [index, filters] of widths.entries()) {
      const depth = depths[index] ?? 0;
      for (let block = 1; block <= depth; block++) {
        const strides = block === depth && index < 3 ? 2 : 1;
        const blockName = `conv${index + 2}_block${block}`;
        x = preactivatedBlock(build, x, { name: blockName, filters, strides, projected: block === 1 });
      }
    }
    x = build.activation(build.batchNorm(x, { name: 'post_bn', epsilon }), 'post_relu', 'relu');
    return withTop(build, x, { name, ...options });
  };
}

interface BlockOptions {
  readonly name: string;
  readonly filters: number;
  readonly strides: number;
  readonly projected: boolean;
}

function residualBlock(build: NetworkBuilder, input: Tensor, options: BlockOptions): Tensor {
  const { name, filters, strides, projected } = options;
  const shortcut = projected
    ? convolve(build, input, { name: `${name}_0`, filters: 4 * filters, strides })
    : input;
  let x = convolve(build, input, { name: `${name}_1`, filters, strides });
  x = build.activation(x, `${name}_1_relu`, 'relu');
  x = convolve(build, x, { name: `${name}_2`, filters, size: 3, padding: 'same' });
  x = build.activation(x, `${name}_2_relu`, 'relu');
  x = convolve(build, x, { name: `${name}_3`, filters: 4 * filters });
  x = build.add('Add', [shortcut, x], { name: `${name}_add` });
  return build.activation(x, `${name}_out`, 'relu');
}

function preactivatedBlock(build: NetworkBuilder, input: Tensor, options: BlockOptions): Tensor {
  const { name, filters, strides, projected } = options;
  const normalized = build.batchNorm(input, { name: `${name}_preact_bn`, epsilon });
  const active = build.activation(normalized, `${name}_preact_relu`, 'relu');
  let shortcut = input;
  if (projected)
    shortcut = build.conv(active, { name: `${name}_0_conv`, filters: 4 * filters, size: 1, strides });
  else if (strides > 1) shortcut = build.maxPool(input, { name: 'max_pooling2d', size: 1, strides });
  let x = convolve(build, active, { name: `${name}_1`, filters, use_bias: false });
  x = build.pad(build.activation(x, `${name}_1_relu`, 'relu'), `${name}_2_pad`, 1);
  x = convolve(build, x, { name: `${name}_2`, filters, size: 3, strides, use_bias: false });
  x = build.activation(x, `${name}_2_relu`, 'relu');
  x = build.conv(x, { name: `${name}_3_conv`, filters: 4 * filters, size: 1 });
  return build.add('Add', [shortcut, x], { name: `${name}_out` });
}

interface StepOptions {
  readonly name: string;
  readonly filters: number;
  readonly size?: number;
  readonly strides?: number;
  readonly padding?: 'same' | 'valid';
  readonly use_bias?: boolean;
}

/** A convolution and its normalisation. */
function convolve(build: NetworkBuilder, input: Tensor, { name, size = 1, ...options }: StepOptions): Tensor {
  const x = build.conv(input, { name: `${name}_conv`, size, ...options });
  return build.batchNorm(x, { name: `${name}_bn`, epsilon });
}
