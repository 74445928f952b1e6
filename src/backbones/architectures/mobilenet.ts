// MobileNet (Howard et al., 2017) of any width, layer for layer as in Keras.

import { NetworkBuilder, type Tensor } from '../../network/builder.js';
import type { FunctionalConfig } from '../../network/network.js';
import type { TopologyOptions } from './topology-options.js';

/** Filters of the thirteen blocks; those in `halving` have stride 2. */
const widths = [64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024];
const halving = new Set([2, 4, 6, 12]);

/**
 * @param alpha width: 1 is the network of the paper
 * @returns what builds the topology of that width
 */
export function planMobilenet(alpha: number): (options: TopologyOptions) => FunctionalConfig {
  return options => plan(alpha, options);
}

function plan(alpha: number, options: TopologyOptions): FunctionalConfig {
  const build = new NetworkBuilder();
  const input = build.input('input_layer', options.inputSize);
  const stem = { name: 'conv1', filters: Math.floor(32 * alpha), size: 3, strides: 2 };
  let x = build.conv(input, { ...stem, padding: 'same', use_bias: false });
  x = build.batchNorm(x, { name: 'conv1_bn' });
  x = build.relu6(x, 'conv1_relu');
  for (const [index, filters] of widths.entries()) {
    x = depthwiseBlock(build, x, { block: index + 1, filters: Math.floor(filters * alpha) });
  }
  if (options.includeTop) {
    x = build.globalAveragePool(x, { name: 'global_average_pooling2d', keepdims: true });
    x = build.dropout(x, { name: 'dropout', rate: 0.001 });
    x = build.conv(x, { name: 'conv_preds', filters: 1000, size: 1, padding: 'same' });
    x = build.add('Reshape', [x], { name: 'reshape_2', target_shape: [1000] });
    x = build.activation(x, 'predictions', 'softmax');
  }
  return build.topology(`mobilenet_${alpha.toFixed(2)}_224`, x);
}

interface BlockOptions {
  /** From 1. */
  readonly block: number;
  readonly filters: number;
}

function depthwiseBlock(build: NetworkBuilder, input: Tensor, { block, filters }: BlockOptions): Tensor {
  const strides = halving.has(block) ? 2 : 1;
  const border = [
    [0, 1],
    [0, 1],
  ] as const;
  let x = strides === 2 ? build.pad(input, `conv_pad_${block}`, border) : input;
  x = build.depthwise(x, { name: `conv_dw_${block}`, size: 3, strides });
  x = build.batchNorm(x, { name: `conv_dw_${block}_bn` });
  x = build.relu6(x, `conv_dw_${block}_relu`);
  x = build.conv(x, { name: `conv_pw_${block}`, filters, size: 1, padding: 'same', use_bias: false });
  x = build.batchNorm(x, { name: `conv_pw_${block}_bn` });
  return build.relu6(x, `conv_pw_${block}_relu`);
}
