// VGG16 and VGG19 (Simonyan and Zisserman, 2014), layer for layer as in Keras.

import { NetworkBuilder } from '../../network/builder.js';
import type { FunctionalConfig } from '../../network/network.js';
import type { TopologyOptions } from './topology-options.js';

/** Filters of each block's convolutions. */
const widths = [64, 128, 256, 512, 512];

/** VGG16: 2, 2, 3, 3, 3 convolutions. */
export function planVgg16(options: TopologyOptions): FunctionalConfig {
  return planVgg('vgg16', [2, 2, 3, 3, 3], options);
}

/** VGG19: 2, 2, 4, 4, 4 convolutions. */
export function planVgg19(options: TopologyOptions): FunctionalConfig {
  return planVgg('vgg19', [2, 2, 4, 4, 4], options);
}

function planVgg(name: string, depths: readonly number[], options: TopologyOptions): FunctionalConfig {
  const build = new NetworkBuilder();
  let x = build.input('input_layer', options.inputSize);
  for (const [index, filters] of widths.entries()) {
    const block = `block${index + 1}`;
    for (let i = 1; i <= (depths[index] ?? 0); i++) {
      const settings = { name: `${block}_conv${i}`, filters, size: 3 };
      x = build.conv(x, { ...settings, padding: 'same', activation: 'relu' });
    }
    x = build.maxPool(x, { name: `${block}_pool`, size: 2 });
  }
  if (options.includeTop) {
    x = build.add('Flatten', [x], { name: 'flatten', data_format: 'channels_last' });
    x = build.dense(x, { name: 'fc1', units: 4096, activation: 'relu' });
    x = build.dense(x, { name: 'fc2', units: 4096, activation: 'relu' });
    x = build.dense(x, { name: 'predictions', units: 1000, activation: 'softmax' });
  }
  return build.topology(name, x);
}
