// ConvNeXt Tiny to XLarge (Liu et al., 2022), layer for layer as in Keras; the input is normalised inside.

import { NetworkBuilder, type Tensor } from '../../network/builder.js';
import type { FunctionalConfig } from '../../network/network.js';
import type { TopologyOptions } from './topology-options.js';

const epsilon = 1e-6;
const imagenet = {
  mean: [0.485 * 255, 0.456 * 255, 0.406 * 255],
  variance: [(0.229 * 255) ** 2, (0.224 * 255) ** 2, (0.225 * 255) ** 2],
};

interface Variant {
  /** As Keras names it, e.g. `convnext_tiny`. */
  readonly name: string;
  /** Blocks of the third of the four stages; the others have three. */
  readonly depth: number;
  /** Channels of each stage. */
  readonly widths: readonly [number, number, number, number];
}

/** @returns what builds the topology of that variant */
export function planConvnext({
  name,
  depth,
  widths,
}: Variant): (options: TopologyOptions) => FunctionalConfig {
  return options => {
    const build = new NetworkBuilder();
    const input = build.input('input_layer', options.inputSize);
    let x = build.add('Normalization', [input], {
      name: `${name}_prestem_normalization`,
      axis: [-1],
      invert: false,
      ...imagenet,
    });
    for (const [stage, filters] of widths.entries()) {
      x = stage === 0 ? stem(build, x, { name, filters }) : halve(build, x, { name, stage, filters });
      for (let block = 0; block < (stage === 2 ? depth : 3); block++) {
        x = residualBlock(build, x, `${name}_stage_${stage}_block_${block}`);
      }
    }
    if (!options.includeTop) return build.topology(name, normalize(build, x, 'layer_normalization'));
    x = build.globalAveragePool(x, { name: `${name}_head_gap` });
    x = normalize(build, x, `${name}_head_layernorm`);
    x = build.dense(x, { name: `${name}_head_dense`, units: 1000, activation: 'softmax' });
    return build.topology(name, x);
  };
}

function normalize(build: NetworkBuilder, input: Tensor, name: string): Tensor {
  return build.add('LayerNormalization', [input], { name, axis: [-1], epsilon, center: true, scale: true });
}

interface StageOptions {
  readonly name: string;
  readonly filters: number;
  readonly stage?: number;
}

function stem(build: NetworkBuilder, input: Tensor, { name, filters }: StageOptions): Tensor {
  const x = build.conv(input, { name: `${name}_stem_conv`, filters, size: 4, strides: 4 });
  return normalize(build, x, `${name}_stem_layernorm`);
}

function halve(build: NetworkBuilder, input: Tensor, { name, filters, stage = 1 }: StageOptions): Tensor {
  const x = normalize(build, input, `${name}_downsampling_layernorm_${stage - 1}`);
  return build.conv(x, { name: `${name}_downsampling_conv_${stage - 1}`, filters, size: 2, strides: 2 });
}

function residualBlock(build: NetworkBuilder, input: Tensor, name: string): Tensor {
  const width = input.shape.at(-1) ?? 0;
  const grouped = { filters: width, size: 7, padding: 'same', groups: width } as const;
  let x = build.conv(input, { name: `${name}_depthwise_conv`, ...grouped });
  x = normalize(build, x, `${name}_layernorm`);
  x = build.dense(x, { name: `${name}_pointwise_conv_1`, units: 4 * width, activation: 'linear' });
  x = build.activation(x, `${name}_gelu`, 'gelu');
  x = build.dense(x, { name: `${name}_pointwise_conv_2`, units: width, activation: 'linear' });
  x = build.add('LayerScale', [x], { name: `${name}_layer_scale`, init_values: 1e-6, projection_dim: width });
  x = build.activation(x, `${name}_identity`, 'linear');
  return build.add('Add', [input, x], { name: 'add' });
}
