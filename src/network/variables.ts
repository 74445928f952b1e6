// The variables (weights) of every layer class that has some: names and order as tfjs has them, which is Keras' order too.

import type { Shape } from './shape-rules.js';

type Config = Readonly<Record<string, unknown>>;

/** A variable of a layer. */
export interface Variable {
  /** e.g. `kernel` */
  readonly name: string;
  /** A size below 1 or NaN says that config and input do not fit. */
  readonly shape: readonly number[];
  /** False for the moving statistics of a batch normalisation, which training does not descend on. */
  readonly trainable: boolean;
}

type VariableRule = (config: Config, input: Shape) => readonly Variable[];

const rules: ReadonlyMap<string, VariableRule> = new Map<string, VariableRule>([
  ['Dense', dense],
  ['Conv1D', convolution],
  ['Conv2D', convolution],
  ['Conv3D', convolution],
  ['Conv2DTranspose', transposedConvolution],
  ['Conv3DTranspose', transposedConvolution],
  ['DepthwiseConv2D', depthwiseConvolution],
  ['SeparableConv2D', separableConvolution],
  ['BatchNormalization', batchNormalization],
  ['LayerNormalization', layerNormalization],
  ['LayerScale', (_config, input) => [variable('gamma', [channelsOf(input)])]],
  ['PReLU', prelu],
  ['Embedding', config => [variable('embeddings', [integer(config.input_dim), integer(config.output_dim)])]],
]);

/**
 * The variables that a layer has, trainable ones first.
 * @param input shape of its (first) input, without the batch dimension
 */
export function variablesOf(className: string, config: Config, input: Shape): readonly Variable[] {
  return rules.get(className)?.(config, input) ?? [];
}

function variable(name: string, shape: readonly number[], trainable = true): Variable {
  return { name, shape, trainable };
}

function bias(config: Config, size: number): readonly Variable[] {
  return config.use_bias === false ? [] : [variable('bias', [size])];
}

function dense(config: Config, input: Shape): readonly Variable[] {
  const units = integer(config.units);
  return [variable('kernel', [channelsOf(input), units]), ...bias(config, units)];
}

function convolution(config: Config, input: Shape): readonly Variable[] {
  const filters = integer(config.filters);
  return [
    variable('kernel', [
      ...kernelSize(config, input),
      channelsOf(input) / integer(config.groups ?? 1),
      filters,
    ]),
    ...bias(config, filters),
  ];
}

function transposedConvolution(config: Config, input: Shape): readonly Variable[] {
  const filters = integer(config.filters);
  return [
    variable('kernel', [...kernelSize(config, input), filters, channelsOf(input)]),
    ...bias(config, filters),
  ];
}

function depthwiseConvolution(config: Config, input: Shape): readonly Variable[] {
  const multiplier = integer(config.depth_multiplier ?? 1);
  const channels = channelsOf(input);
  const kernel = variable('depthwise_kernel', [...kernelSize(config, input), channels, multiplier]);
  return [kernel, ...bias(config, channels * multiplier)];
}

function separableConvolution(config: Config, input: Shape): readonly Variable[] {
  const multiplier = integer(config.depth_multiplier ?? 1);
  const channels = channelsOf(input);
  const filters = integer(config.filters);
  return [
    variable('depthwise_kernel', [...kernelSize(config, input), channels, multiplier]),
    variable('pointwise_kernel', [1, 1, channels * multiplier, filters]),
    ...bias(config, filters),
  ];
}

function batchNormalization(config: Config, input: Shape): readonly Variable[] {
  const shape = [sizeAt(input, integer(config.axis ?? -1))];
  return [
    ...(config.scale === false ? [] : [variable('gamma', shape)]),
    ...(config.center === false ? [] : [variable('beta', shape)]),
    variable('moving_mean', shape, false),
    variable('moving_variance', shape, false),
  ];
}

function layerNormalization(config: Config, input: Shape): readonly Variable[] {
  const axes = Array.isArray(config.axis) ? config.axis : [config.axis ?? -1];
  const shape = axes.map(axis => sizeAt(input, integer(axis)));
  return [
    ...(config.scale === false ? [] : [variable('gamma', shape)]),
    ...(config.center === false ? [] : [variable('beta', shape)]),
  ];
}

function prelu(config: Config, input: Shape): readonly Variable[] {
  const shared = Array.isArray(config.shared_axes) ? config.shared_axes : [];
  return [
    variable(
      'alpha',
      input.map((size, i) => (shared.includes(i + 1) ? 1 : (size ?? Number.NaN))),
    ),
  ];
}

function kernelSize(config: Config, input: Shape): readonly number[] {
  const size = config.kernel_size;
  return Array.isArray(size) ? size.map(integer) : Array<number>(input.length - 1).fill(integer(size));
}

function channelsOf(input: Shape): number {
  return input.at(-1) ?? Number.NaN;
}

/** @param axis counted with the batch dimension, as Keras does; negative from the end */
function sizeAt(input: Shape, axis: number): number {
  return (axis < 0 ? input.at(axis) : input[axis - 1]) ?? Number.NaN;
}

function integer(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : Number.NaN;
}
