// SqueezeNet 1.1 (Iandola et al., 2016), layer for layer as in the published Keras port.

import { NetworkBuilder, type Tensor } from '../../network/builder.js';
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
  const build = new NetworkBuilder();
  const input = build.input('input_1', options.inputSize);
  let x = build.conv(input, { name: 'conv1', filters: 64, size: 3, strides: 2 });
  x = build.activation(x, 'relu_conv1', 'relu');
  x = build.maxPool(x, { name: 'pool1', size: 3, strides: 2 });
  for (const [index, [squeeze, expand]] of fires.entries()) {
    const number = index + 2;
    x = fire(build, x, { name: `fire${number}`, squeeze, expand });
    if (number === 3 || number === 5) x = build.maxPool(x, { name: `pool${number}`, size: 3, strides: 2 });
  }
  if (options.includeTop) {
    x = build.dropout(x, { name: 'drop9', rate: 0.5 });
    x = build.conv(x, { name: 'conv10', filters: 1000, size: 1 });
    x = build.activation(x, 'relu_conv10', 'relu');
    x = build.globalAveragePool(x, { name: 'global_average_pooling2d_1' });
    x = build.activation(x, 'loss', 'softmax');
  }
  return build.topology('squeezenet', x);
}

interface FireOptions {
  readonly name: string;
  readonly squeeze: number;
  readonly expand: number;
}

function fire(build: NetworkBuilder, input: Tensor, { name, squeeze, expand }: FireOptions): Tensor {
  const squeezed = build.activation(
    build.conv(input, { name: `${name}/squeeze1x1`, filters: squeeze, size: 1 }),
    `${name}/relu_squeeze1x1`,
    'relu',
  );
  const branches = [1, 3].map(size => {
    const layer = `expand${size}x${size}`;
    const x = build.conv(squeezed, { name: `${name}/${layer}`, filters: expand, size, padding: 'same' });
    return build.activation(x, `${name}/relu_${layer}`, 'relu');
  });
  return build.add('Concatenate', branches, { name: `${name}/concat`, axis: 3 });
}
