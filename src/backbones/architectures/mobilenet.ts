// MobileNet (Howard et al., 2017), width 1, layer for layer as in Keras.

import { LayerGraph } from '../../network/builder.js';
import type { FunctionalConfig } from '../../network/network.js';
import type { TopologyOptions } from './topology-options.js';

/** Filters of the thirteen blocks; those in `halving` have stride 2. */
const filters = [64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024];
const halving = new Set([2, 4, 6, 12]);

/** MobileNet of width 1. */
export function planMobilenet(options: TopologyOptions): FunctionalConfig {
  const graph = new LayerGraph();
  const input = graph.input('input_layer', options.inputSize);
  let x = graph.conv('conv1', input, 32, 3, { strides: 2, padding: 'same', use_bias: false });
  x = graph.batchNorm('conv1_bn', x);
  x = graph.relu6('conv1_relu', x);
  filters.forEach((width, index) => {
    x = depthwiseBlock(graph, x, index + 1, width);
  });
  if (options.includeTop) {
    x = graph.globalAveragePool('global_average_pooling2d', x, { keepdims: true });
    x = graph.dropout('dropout', x, 0.001);
    x = graph.conv('conv_preds', x, 1000, 1, { padding: 'same' });
    x = graph.add('Reshape', 'reshape_2', [x], { target_shape: [1000] });
    x = graph.activation('predictions', x, 'softmax');
  }
  return graph.finish('mobilenet_1.00_224', input, x);
}

function depthwiseBlock(graph: LayerGraph, input: string, block: number, width: number): string {
  const strides = halving.has(block) ? 2 : 1;
  let x = input;
  if (strides === 2) {
    x = graph.pad(`conv_pad_${block}`, x, [
      [0, 1],
      [0, 1],
    ]);
  }
  x = graph.depthwise(`conv_dw_${block}`, x, 3, strides);
  x = graph.batchNorm(`conv_dw_${block}_bn`, x);
  x = graph.relu6(`conv_dw_${block}_relu`, x);
  x = graph.conv(`conv_pw_${block}`, x, width, 1, { padding: 'same', use_bias: false });
  x = graph.batchNorm(`conv_pw_${block}_bn`, x);
  return graph.relu6(`conv_pw_${block}_relu`, x);
}
