// VGG16 and VGG19 (Simonyan and Zisserman, 2014), layer for layer as in Keras.

import { LayerGraph } from '../../network/builder.js';
import type { FunctionalConfig } from '../../network/network.js';
import type { TopologyOptions } from './topology-options.js';

const filters = [64, 128, 256, 512, 512];

/** VGG16: 2, 2, 3, 3, 3 convolutions. */
export function planVgg16(options: TopologyOptions): FunctionalConfig {
  return planVgg('vgg16', [2, 2, 3, 3, 3], options);
}

/** VGG19: 2, 2, 4, 4, 4 convolutions. */
export function planVgg19(options: TopologyOptions): FunctionalConfig {
  return planVgg('vgg19', [2, 2, 4, 4, 4], options);
}

function planVgg(name: string, depths: readonly number[], options: TopologyOptions): FunctionalConfig {
  const graph = new LayerGraph();
  const input = graph.input('input_layer', options.inputSize);
  let x = input;
  depths.forEach((depth, index) => {
    const block = `block${index + 1}`;
    for (let i = 1; i <= depth; i++) {
      x = graph.conv(`${block}_conv${i}`, x, filters[index]!, 3, { padding: 'same', activation: 'relu' });
    }
    x = graph.maxPool(`${block}_pool`, x, 2, 2);
  });
  if (options.includeTop) {
    x = graph.add('Flatten', 'flatten', [x], { data_format: 'channels_last' });
    x = graph.dense('fc1', x, 4096, 'relu');
    x = graph.dense('fc2', x, 4096, 'relu');
    x = graph.dense('predictions', x, 1000, 'softmax');
  }
  return graph.finish(name, input, x);
}
