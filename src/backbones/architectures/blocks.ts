// What several architectures have in common.

import type { ConvolutionSettings, LayerSettings, NetworkBuilder, Tensor } from '../../network/builder.js';
import type { FunctionalConfig } from '../../network/network.js';

interface TopOptions {
  /** The name of the network. */
  readonly name: string;
  readonly includeTop: boolean;
  /** The name of the pooling. Default: `avg_pool`. */
  readonly pooling?: string;
  /** The rate of a dropout before the classes; without it there is none. */
  readonly dropRate?: number;
}

/** Ends a network: with pooling and the 1000 ImageNet classes, or with its last feature map. */
export function withTop(
  build: NetworkBuilder,
  features: Tensor,
  { name, includeTop, pooling = 'avg_pool', dropRate }: TopOptions,
): FunctionalConfig {
  if (!includeTop) return build.topology(name, features);
  let x = build.globalAveragePool(features, { name: pooling });
  if (dropRate !== undefined) x = build.dropout(x, { name: 'top_dropout', rate: dropRate });
  x = build.dense(x, { name: 'predictions', units: 1000, activation: 'softmax' });
  return build.topology(name, x);
}

/** The activation of the EfficientNets. */
const activation = 'swish';

interface StepOptions extends ConvolutionSettings {
  readonly filters: number;
  /** Settings of the batch normalization. */
  readonly norm?: Readonly<Record<string, unknown>>;
}

/** A convolution of an EfficientNet, normalized and activated: `expand_conv`, `expand_bn`, `expand_activation`. */
export function convolveAndActivate(
  build: NetworkBuilder,
  input: Tensor,
  { name, norm, ...settings }: StepOptions,
): Tensor {
  const x = build.conv(input, { ...settings, name: `${name}conv`, use_bias: false });
  return normalizeAndActivate(build, x, { ...norm, name });
}

/** Batch normalization and activation, named alike. */
export function normalizeAndActivate(
  build: NetworkBuilder,
  input: Tensor,
  { name, ...norm }: LayerSettings,
): Tensor {
  const x = build.batchNorm(input, { ...norm, name: `${name}bn` });
  return build.activation(x, `${name}activation`, activation);
}

interface GateOptions {
  /** Begins the name of each layer. */
  readonly name: string;
  /** Filters between squeezing and exciting. */
  readonly squeezed: number;
}

/** The squeeze-and-excitation gate of the EfficientNets: a factor per channel. */
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

interface ResidualOptions {
  readonly name: string;
  /** A block's input, which is added where it has the block's shape. */
  readonly input: Tensor;
  readonly inputFilters: number;
  readonly filters: number;
  readonly strides: number;
  /** How many blocks a training leaves out. */
  readonly dropRate: number;
}

/** Ends a block of an EfficientNet. */
export function addResidual(build: NetworkBuilder, x: Tensor, options: ResidualOptions): Tensor {
  const { name, input, inputFilters, filters, strides, dropRate } = options;
  if (strides !== 1 || inputFilters !== filters) return x;
  const drop = { name: `${name}drop`, rate: dropRate, noise_shape: [null, 1, 1, 1] };
  return build.add('Add', [dropRate > 0 ? build.dropout(x, drop) : x, input], { name: `${name}add` });
}
