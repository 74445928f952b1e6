// DenseNet 121, 169 and 201 (Huang et al., 2016), layer for layer as in Keras.

import { NetworkBuilder, type Tensor } from '../../network/builder.js';
import type { FunctionalConfig } from '../../network/network.js';
import { withTop } from './blocks.js';
import type { TopologyOptions } from './topology-options.js';

const epsilon = 1.001e-5;
/** Maps that each block adds. */
const growth = 32;

/**
 * @param depths blocks of each of the four stacks
 * @returns what builds the topology of that depth
 */
export function planDensenet(
  name: string,
  depths: readonly number[],
): (options: TopologyOptions) => FunctionalConfig {
  return options => {
    const build = new NetworkBuilder();
    let x = build.pad(build.input('input_layer', options.inputSize), 'zero_padding2d', 3);
    x = build.conv(x, { name: 'conv1_conv', filters: 64, size: 7, strides: 2, use_bias: false });
    x = build.activation(build.batchNorm(x, { name: 'conv1_bn', epsilon }), 'conv1_relu', 'relu');
    x = build.maxPool(build.pad(x, 'zero_padding2d', 1), { name: 'pool1', size: 3, strides: 2 });
    for (const [index, depth] of depths.entries()) {
      for (let block = 1; block <= depth; block++) x = denseBlock(build, x, `conv${index + 2}_block${block}`);
      if (index < depths.length - 1) x = transition(build, x, `pool${index + 2}`);
    }
    x = build.activation(build.batchNorm(x, { name: 'bn', epsilon }), 'relu', 'relu');
    return withTop(build, x, { name, ...options });
  };
}

function denseBlock(build: NetworkBuilder, input: Tensor, name: string): Tensor {
  let x = build.batchNorm(input, { name: `${name}_0_bn`, epsilon });
  x = build.activation(x, `${name}_0_relu`, 'relu');
  x = build.conv(x, { name: `${name}_1_conv`, filters: 4 * growth, size: 1, use_bias: false });
  x = build.activation(build.batchNorm(x, { name: `${name}_1_bn`, epsilon }), `${name}_1_relu`, 'relu');
  x = build.conv(x, { name: `${name}_2_conv`, filters: growth, size: 3, padding: 'same', use_bias: false });
  return build.add('Concatenate', [input, x], { name: `${name}_concat`, axis: 3 });
}

/** Half the maps of half the size. */
function transition(build: NetworkBuilder, input: Tensor, name: string): Tensor {
  const filters = Math.floor((input.shape.at(-1) ?? 0) / 2);
  let x = build.activation(build.batchNorm(input, { name: `${name}_bn`, epsilon }), `${name}_relu`, 'relu');
  x = build.conv(x, { name: `${name}_conv`, filters, size: 1, use_bias: false });
  return build.averagePool(x, { name: `${name}_pool`, size: 2 });
}
