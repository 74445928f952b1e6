// MobileNetV2 (Sandler et al., 2018) of any width, layer for layer as in Keras.

import { LayerGraph } from '../../network/builder.js';
import type { FunctionalConfig } from '../../network/network.js';
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

/**
 * @param alpha width: 1 is the network of the paper
 * @returns what builds the topology of that width
 */
export function planMobilenetV2(alpha: number): (options: TopologyOptions) => FunctionalConfig {
  return options => {
    const graph = new LayerGraph();
    const input = graph.input('input_layer', options.inputSize);
    let width = multipleOf8(32 * alpha);
    let x = graph.conv('Conv1', input, width, 3, { strides: 2, padding: 'same', use_bias: false });
    x = graph.relu6('Conv1_relu', graph.batchNorm('bn_Conv1', x, batchNorm));
    let block = 0;
    for (const [filters, blocks, firstStrides] of stages) {
      const nextWidth = multipleOf8(Math.floor(filters * alpha));
      for (let i = 0; i < blocks; i++) {
        const strides = i === 0 ? firstStrides : 1;
        x = invertedResidual(graph, x, { block: block++, width, nextWidth, strides });
        width = nextWidth;
      }
    }
    x = graph.conv('Conv_1', x, alpha > 1 ? multipleOf8(1280 * alpha) : 1280, 1, { use_bias: false });
    x = graph.relu6('out_relu', graph.batchNorm('Conv_1_bn', x, batchNorm));
    if (options.includeTop) {
      x = graph.globalAveragePool('global_average_pooling2d', x);
      x = graph.dense('predictions', x, 1000, 'softmax');
    }
    return graph.finish(`mobilenetv2_${alpha.toFixed(2)}_224`, input, x);
  };
}

interface BlockOptions {
  readonly block: number;
  readonly width: number;
  readonly nextWidth: number;
  readonly strides: number;
}

function invertedResidual(graph: LayerGraph, input: string, options: BlockOptions): string {
  const { block, width, nextWidth, strides } = options;
  const prefix = block === 0 ? 'expanded_conv' : `block_${block}`;
  const pointwise = { padding: 'same', use_bias: false };
  let x = input;
  if (block > 0) {
    x = graph.conv(`${prefix}_expand`, x, expansion * width, 1, pointwise);
    x = graph.relu6(`${prefix}_expand_relu`, graph.batchNorm(`${prefix}_expand_BN`, x, batchNorm));
  }
  if (strides === 2) x = graph.padForStride2(`${prefix}_pad`, x, 3);
  x = graph.depthwise(`${prefix}_depthwise`, x, 3, strides);
  x = graph.relu6(`${prefix}_depthwise_relu`, graph.batchNorm(`${prefix}_depthwise_BN`, x, batchNorm));
  x = graph.conv(`${prefix}_project`, x, nextWidth, 1, pointwise);
  x = graph.batchNorm(`${prefix}_project_BN`, x, batchNorm);
  return width === nextWidth && strides === 1 ? graph.add('Add', `${prefix}_add`, [input, x]) : x;
}

/** The nearest multiple of 8, but never more than a tenth below. */
function multipleOf8(filters: number): number {
  const rounded = Math.max(8, Math.floor((filters + 4) / 8) * 8);
  return rounded < 0.9 * filters ? rounded + 8 : rounded;
}
