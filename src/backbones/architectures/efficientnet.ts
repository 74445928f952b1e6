// EfficientNet B0 to B7 (Tan and Le, 2019), layer for layer as in Keras; the input is normalised inside.

import { NetworkBuilder, type Tensor } from '../../network/builder.js';
import type { FunctionalConfig } from '../../network/network.js';
import { multipleOf8 } from './mobilenet-v2.js';
import type { TopologyOptions } from './topology-options.js';

/** Per stage: kernel size, blocks, input filters, output filters, expansion, stride of the first block. */
const stages = [
  [3, 1, 32, 16, 1, 1],
  [3, 2, 16, 24, 6, 2],
  [5, 2, 24, 40, 6, 2],
  [3, 3, 40, 80, 6, 2],
  [5, 3, 80, 112, 6, 1],
  [5, 4, 112, 192, 6, 2],
  [3, 1, 192, 320, 6, 1],
] as const;
const dropConnectRate = 0.2;
const squeezeRatio = 0.25;
const activation = 'swish';
const pointwise = { size: 1, padding: 'same', use_bias: false } as const;

interface Variant {
  /** As Keras names it, e.g. `efficientnetb0`. */
  readonly name: string;
  /** Multiplies filters. */
  readonly width: number;
  /** Multiplies blocks. */
  readonly depth: number;
  /** Of the dropout below the classes. */
  readonly dropRate: number;
}

/**
 * Keras divides by the square root of the published deviations, on purpose: the weights expect it.
 * @returns what builds the topology of that variant
 */
export function planEfficientnet({
  name,
  width,
  depth,
  dropRate,
}: Variant): (options: TopologyOptions) => FunctionalConfig {
  const round = (filters: number) => multipleOf8(filters * width);
  const repeat = (blocks: number) => Math.ceil(depth * blocks);
  const blockCount = stages.reduce((sum, [, blocks]) => sum + repeat(blocks), 0);
  return options => {
    const build = new NetworkBuilder();
    let x = normalizeInput(build, build.input('input_layer', options.inputSize));
    x = stem(build, x, round(32));
    let index = 0;
    for (const [stage, [size, blocks, inputFilters, filters, expansion, firstStrides]] of stages.entries()) {
      for (let i = 0; i < repeat(blocks); i++) {
        x = invertedResidual(build, x, {
          name: `block${stage + 1}${String.fromCharCode(97 + i)}_`,
          size,
          inputFilters: round(i === 0 ? inputFilters : filters),
          filters: round(filters),
          expansion,
          strides: i === 0 ? firstStrides : 1,
          dropRate: (dropConnectRate * index++) / blockCount,
        });
      }
    }
    x = build.conv(x, { name: 'top_conv', filters: round(1280), ...pointwise });
    x = build.activation(build.batchNorm(x, { name: 'top_bn' }), 'top_activation', activation);
    if (options.includeTop) {
      x = build.globalAveragePool(x, { name: 'avg_pool' });
      x = build.dropout(x, { name: 'top_dropout', rate: dropRate });
      x = build.dense(x, { name: 'predictions', units: 1000, activation: 'softmax' });
    }
    return build.topology(name, x);
  };
}

function normalizeInput(build: NetworkBuilder, input: Tensor): Tensor {
  let x = build.add('Rescaling', [input], { name: 'rescaling', scale: 1 / 255, offset: 0 });
  x = build.add('Normalization', [x], { name: 'normalization', axis: [-1], invert: false });
  const scale = [0.229, 0.224, 0.225].map(deviation => 1 / Math.sqrt(deviation));
  return build.add('Rescaling', [x], { name: 'rescaling_1', scale, offset: 0 });
}

function stem(build: NetworkBuilder, input: Tensor, filters: number): Tensor {
  let x = build.padForStride2(input, 'stem_conv_pad', 3);
  x = build.conv(x, { name: 'stem_conv', filters, size: 3, strides: 2, use_bias: false });
  return build.activation(build.batchNorm(x, { name: 'stem_bn' }), 'stem_activation', activation);
}

interface BlockOptions {
  /** Begins the name of each of its layers. */
  readonly name: string;
  /** Of the depthwise kernel. */
  readonly size: number;
  readonly inputFilters: number;
  readonly filters: number;
  readonly expansion: number;
  readonly strides: number;
  readonly dropRate: number;
}

function invertedResidual(build: NetworkBuilder, input: Tensor, options: BlockOptions): Tensor {
  const { name, size, inputFilters, filters, expansion, strides, dropRate } = options;
  const width = inputFilters * expansion;
  let x = input;
  if (expansion !== 1) {
    x = build.conv(x, { name: `${name}expand_conv`, filters: width, ...pointwise });
    x = build.batchNorm(x, { name: `${name}expand_bn` });
    x = build.activation(x, `${name}expand_activation`, activation);
  }
  if (strides === 2) x = build.padForStride2(x, `${name}dwconv_pad`, size);
  x = build.depthwise(x, { name: `${name}dwconv`, size, strides });
  x = build.activation(build.batchNorm(x, { name: `${name}bn` }), `${name}activation`, activation);
  x = squeezeAndExcite(build, x, { name, squeezed: Math.max(1, Math.floor(inputFilters * squeezeRatio)) });
  x = build.conv(x, { name: `${name}project_conv`, filters, ...pointwise });
  x = build.batchNorm(x, { name: `${name}project_bn` });
  if (strides !== 1 || inputFilters !== filters) return x;
  if (dropRate > 0)
    x = build.dropout(x, { name: `${name}drop`, rate: dropRate, noise_shape: [null, 1, 1, 1] });
  return build.add('Add', [x, input], { name: `${name}add` });
}

interface GateOptions {
  readonly name: string;
  /** Filters between squeezing and exciting. */
  readonly squeezed: number;
}

/** A gate per channel. */
export function squeezeAndExcite(
  build: NetworkBuilder,
  input: Tensor,
  { name, squeezed }: GateOptions,
): Tensor {
  const width = input.shape.at(-1) ?? 0;
  const settings = { size: 1, padding: 'same' } as const;
  let gate = build.globalAveragePool(input, { name: `${name}se_squeeze` });
  gate = build.add('Reshape', [gate], { name: `${name}se_reshape`, target_shape: [1, 1, width] });
  gate = build.conv(gate, { name: `${name}se_reduce`, filters: squeezed, ...settings, activation });
  gate = build.conv(gate, { name: `${name}se_expand`, filters: width, ...settings, activation: 'sigmoid' });
  return build.add('Multiply', [input, gate], { name: `${name}se_excite` });
}
