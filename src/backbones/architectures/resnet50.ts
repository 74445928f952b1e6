// ResNet50 (He et al., 2015), layer for layer as in Keras.

import { LayerGraph } from '../../network/builder.js';
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
  const graph = new LayerGraph();
  const input = graph.input('input_layer', options.inputSize);
  let x = graph.pad('conv1_pad', input, [
    [3, 3],
    [3, 3],
  ]);
  x = graph.conv('conv1_conv', x, 64, 7, { strides: 2 });
  x = graph.batchNorm('conv1_bn', x, { epsilon });
  x = graph.activation('conv1_relu', x, 'relu');
  x = graph.pad('pool1_pad', x, [
    [1, 1],
    [1, 1],
  ]);
  x = graph.maxPool('pool1_pool', x, 3, 2);
  for (const { name, filters, blocks, strides } of stacks) {
    x = residualBlock(graph, `${name}_block1`, x, filters, { strides, projected: true });
    for (let block = 2; block <= blocks; block++) {
      x = residualBlock(graph, `${name}_block${block}`, x, filters, { strides: 1, projected: false });
    }
  }
  if (options.includeTop) {
    x = graph.globalAveragePool('avg_pool', x);
    x = graph.dense('predictions', x, 1000, 'softmax');
  }
  return graph.finish('resnet50', input, x);
}

function residualBlock(
  graph: LayerGraph,
  name: string,
  input: string,
  filters: number,
  { strides, projected }: { readonly strides: number; readonly projected: boolean },
): string {
  const convolve = (part: number, from: string, width: number, size: number, stride = 1) => {
    const padding = size === 1 ? 'valid' : 'same';
    const x = graph.conv(`${name}_${part}_conv`, from, width, size, { strides: stride, padding });
    return graph.batchNorm(`${name}_${part}_bn`, x, { epsilon });
  };
  const shortcut = projected ? convolve(0, input, 4 * filters, 1, strides) : input;
  let x = graph.activation(`${name}_1_relu`, convolve(1, input, filters, 1, strides), 'relu');
  x = graph.activation(`${name}_2_relu`, convolve(2, x, filters, 3), 'relu');
  x = convolve(3, x, 4 * filters, 1);
  x = graph.add('Add', `${name}_add`, [shortcut, x]);
  return graph.activation(`${name}_out`, x, 'relu');
}
