// ResNet50 (He et al., 2015), layer for layer as in Keras.

import { NetworkBuilder, type Tensor } from '../../network/builder.js';
import type { FunctionalConfig } from '../../network/network.js';
import type { TopologyOptions } from './topology-options.js';

const epsilon = 1.001e-5;
const stacks = [
  { name: 'conv2', filters: 64, blocks: 3, strides: 1 },
  { name: 'conv3', filters: 128, blocks: 4, strides: 2 },
  { name: 'conv4', filters: 256, blocks: 6, strides: 2 },
  { name: 'conv5', filters: 512, blocks: 3, strides: 2 },
];

/** ResNet50, version 1: strides in the first 1x1 convolution of a block, biases everywhere. */
export function planResnet50(options: TopologyOptions): FunctionalConfig {
  const build = new NetworkBuilder();
  let x = build.pad(build.input('input_layer', options.inputSize), 'conv1_pad', 3);
  x = build.conv(x, { name: 'conv1_conv', filters: 64, size: 7, strides: 2 });
  x = build.batchNorm(x, { name: 'conv1_bn', epsilon });
  x = build.pad(build.activation(x, 'conv1_relu', 'relu'), 'pool1_pad', 1);
  x = build.maxPool(x, { name: 'pool1_pool', size: 3, strides: 2 });
  for (const { name, filters, blocks, strides } of stacks) {
    x = residualBlock(build, x, { name: `${name}_block1`, filters, strides, projected: true });
    for (let block = 2; block <= blocks; block++) {
      x = residualBlock(build, x, { name: `${name}_block${block}`, filters, strides: 1, projected: false });
    }
  }
  if (options.includeTop) {
    x = build.globalAveragePool(x, { name: 'avg_pool' });
    x = build.dense(x, { name: 'predictions', units: 1000, activation: 'softmax' });
  }
  return build.topology('resnet50', x);
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

interface StepOptions {
  readonly name: string;
  readonly filters: number;
  readonly size?: number;
  readonly strides?: number;
  readonly padding?: 'same' | 'valid';
}

/** A convolution and its normalisation. */
function convolve(build: NetworkBuilder, input: Tensor, { name, size = 1, ...options }: StepOptions): Tensor {
  const x = build.conv(input, { name: `${name}_conv`, size, ...options });
  return build.batchNorm(x, { name: `${name}_bn`, epsilon });
}
