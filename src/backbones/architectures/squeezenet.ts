// SqueezeNet 1.1 (Iandola et al., 2016), layer for layer as in the published Keras port.

import { LayerGraph } from '../../network/builder.js';
import type { FunctionalConfig } from '../../network/network.js';
import type { TopologyOptions } from './topology-options.js';

/** Filters of the 1x1 squeeze and of each half of the expansion, fire2 to fire9. */
const fires = [
  [16, 64],
  [16, 64],
  [32, 128],
  [32, 128],
  [48, 192],
  [48, 192],
  [64, 256],
  [64, 256],
] as const;

/** SqueezeNet 1.1. Its top convolves to 1000 maps before it pools. */
export function planSqueezenet(options: TopologyOptions): FunctionalConfig {
  const graph = new LayerGraph();
  const input = graph.input('input_1', options.inputSize);
  let x = graph.conv('conv1', input, 64, 3, { strides: 2 });
  x = graph.activation('relu_conv1', x, 'relu');
  x = graph.maxPool('pool1', x, 3, 2);
  fires.forEach(([squeeze, expand], index) => {
    const number = index + 2;
    x = fire(graph, `fire${number}`, x, squeeze, expand);
    if (number === 3 || number === 5) x = graph.maxPool(`pool${number}`, x, 3, 2);
  });
  if (options.includeTop) {
    x = graph.dropout('drop9', x, 0.5);
    x = graph.activation('relu_conv10', graph.conv('conv10', x, 1000, 1), 'relu');
    x = graph.globalAveragePool('global_average_pooling2d_1', x);
    x = graph.activation('loss', x, 'softmax');
  }
  return graph.finish('squeezenet', input, x);
}

function fire(graph: LayerGraph, name: string, input: string, squeeze: number, expand: number): string {
  const squeezed = graph.activation(
    `${name}/relu_squeeze1x1`,
    graph.conv(`${name}/squeeze1x1`, input, squeeze, 1),
    'relu',
  );
  const branches = [1, 3].map(size => {
    const x = graph.conv(`${name}/expand${size}x${size}`, squeezed, expand, size, { padding: 'same' });
    return graph.activation(`${name}/relu_expand${size}x${size}`, x, 'relu');
  });
  return graph.add('Concatenate', `${name}/concat`, branches, { axis: 3 });
}
