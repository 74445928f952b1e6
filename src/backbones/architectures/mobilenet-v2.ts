// MobileNetV2 (Sandler et al., 2018) of any width, layer for layer as in Keras.

import { NetworkBuilder, type Tensor } from '../../network/builder.js';
import type { FunctionalConfig } from '../../network/network.js';
import { withTop } from './blocks.js';
import type { TopologyOptions } from './topology-options.js';

/** Per stage: filters, blocks, stride of the first block. */
const stages = [
  [16, 1, 1],
  [24, 2, 2],
  [32, 3, 2],
  [64, 4, 2],
  [96, 3, 1],
  [160, 3, 2],
  [320, 1, 1],
] as const;
const expansion = 6;
const batchNorm = { momentum: 0.999, epsilon: 0.001 };
const pointwise = { size: 1, padding: 'same', use_bias: false } as const;

/**
 * @param alpha width: 1 is the network of the paper
 * @returns what builds the topology of that width
 */
export function planMobilenetV2(alpha: number): (options: TopologyOptions) => FunctionalConfig {
  return options => {
    const build = new NetworkBuilder();
    const input = build.input('input_layer', options.inputSize);
    let width = multipleOf8(32 * alpha);
    const stem = { name: 'Conv1', filters: width, size: 3, strides: 2 };
    let x = build.conv(input, { ...stem, padding: 'same', use_bias: false });
    x = build.relu6(build.batchNorm(x, { name: 'bn_Conv1', ...batchNorm }), 'Conv1_relu');
    let block = 0;
    for (const [filters, blocks, firstStrides] of stages) {
      const nextWidth = multipleOf8(Math.floor(filters * alpha));
      for (let i = 0; i < blocks; i++) {
        const strides = i === 0 ? firstStrides : 1;
        x = invertedResidual(build, x, { block: block++, width, nextWidth, strides });
        width = nextWidth;
      }
    }
    const last = alpha > 1 ? multipleOf8(1280 * alpha) : 1280;
    x = build.conv(x, { name: 'Conv_1', filters: last, size: 1, use_bias: false });
    x = build.relu6(build.batchNorm(x, { name: 'Conv_1_bn', ...batchNorm }), 'out_relu');
    const name = `mobilenetv2_${alpha.toFixed(2)}_224`;
    return withTop(build, x, { name, pooling: 'global_average_pooling2d', ...options });
  };
}

interface BlockOptions {
  readonly block: number;
  readonly width: number;
  readonly nextWidth: number;
  readonly strides: number;
}

function invertedResidual(build: NetworkBuilder, input: Tensor, options: BlockOptions): Tensor {
  const { block, width, nextWidth, strides } = options;
  const prefix = block === 0 ? 'expanded_conv' : `block_${block}`;
  const normalize = (x: Tensor, name: string) =>
    build.batchNorm(x, { name: `${prefix}_${name}`, ...batchNorm });
  let x = input;
  if (block > 0) {
    x = build.conv(x, { name: `${prefix}_expand`, filters: expansion * width, ...pointwise });
    x = build.relu6(normalize(x, 'expand_BN'), `${prefix}_expand_relu`);
  }
  if (strides === 2) x = build.padForStride2(x, `${prefix}_pad`, 3);
  x = build.depthwise(x, { name: `${prefix}_depthwise`, size: 3, strides });
  x = build.relu6(normalize(x, 'depthwise_BN'), `${prefix}_depthwise_relu`);
  x = normalize(build.conv(x, { name: `${prefix}_project`, filters: nextWidth, ...pointwise }), 'project_BN');
  const isResidual = width === nextWidth && strides === 1;
  return isResidual ? build.add('Add', [input, x], { name: `${prefix}_add` }) : x;
}

/** The nearest multiple of 8, but never more than a tenth below. */
export function multipleOf8(filters: number): number {
  const rounded = Math.max(8, Math.floor((filters + 4) / 8) * 8);
  return rounded < 0.9 * filters ? rounded + 8 : rounded;
}
