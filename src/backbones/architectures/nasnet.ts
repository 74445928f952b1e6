// NASNet-A Mobile and Large (Zoph et al., 2017), layer for layer as in Keras.

import { NetworkBuilder, type Tensor } from '../../network/builder.js';
import type { FunctionalConfig } from '../../network/network.js';
import { withTop } from './blocks.js';
import type { TopologyOptions } from './topology-options.js';

const batchNorm = { momentum: 0.9997, epsilon: 0.001 };

interface Variant {
  readonly name: string;
  /** Filters of a normal cell in the first stage. */
  readonly filters: number;
  readonly stemFilters: number;
  /** Normal cells per stage. */
  readonly cells: number;
  /** Whether a stage begins with the last cell but one before the reduction. */
  readonly skipsReduction: boolean;
}

/** NASNetMobile. */
export function planNasnetMobile(options: TopologyOptions): FunctionalConfig {
  const variant = { filters: 44, stemFilters: 32, cells: 4, skipsReduction: false };
  return plan(options, { name: 'nasnet_mobile', ...variant });
}

/** NASNetLarge. */
export function planNasnetLarge(options: TopologyOptions): FunctionalConfig {
  const variant = { filters: 168, stemFilters: 96, cells: 6, skipsReduction: true };
  return plan(options, { name: 'nasnet_large', ...variant });
}

function plan(options: TopologyOptions, variant: Variant): FunctionalConfig {
  const { name, filters, stemFilters, cells, skipsReduction } = variant;
  const build = new NetworkBuilder();
  const input = build.input('input_layer', options.inputSize);
  const stem = { filters: stemFilters, size: 3, strides: 2, use_bias: false };
  let x = build.batchNorm(build.conv(input, { name: 'stem_conv1', ...stem }), {
    name: 'stem_bn1',
    ...batchNorm,
  });
  let previous: Tensor | undefined;
  const reduce = (width: number, id: string) => {
    const cell = { previous, filters: width, id };
    const given = x;
    x = reductionCell(build, x, cell);
    return given;
  };
  previous = reduce(filters / 4, 'stem_1');
  previous = reduce(filters / 2, 'stem_2');
  for (const stage of [0, 1, 2]) {
    const width = filters * 2 ** stage;
    if (stage > 0) {
      const before = reduce(width, `reduce_${stage * cells}`);
      previous = skipsReduction ? previous : before;
    }
    for (let i = 0; i < cells; i++) {
      const given = x;
      const id = String(stage * cells + i + (stage > 0 ? 1 : 0));
      x = normalCell(build, x, { previous, filters: width, id });
      previous = given;
    }
  }
  x = build.activation(x, 'activation', 'relu');
  return withTop(build, x, { name, pooling: 'global_average_pooling2d', ...options });
}

interface CellOptions {
  /** The cell's second input; the first one where it has none. */
  readonly previous: Tensor | undefined;
  readonly filters: number;
  readonly id: string;
}

function normalCell(build: NetworkBuilder, input: Tensor, cell: CellOptions): Tensor {
  const { filters, id } = cell;
  const previous = adjust(build, input, cell);
  const h = squeeze(build, input, { filters, id, kind: 'normal' });
  const separable = (x: Tensor, size: number, name: string) =>
    separableBlock(build, x, { filters, size, id: `normal_${name}_${id}` });
  const average = (x: Tensor, name: string) =>
    build.averagePool(x, { name: `normal_${name}_${id}`, size: 3, strides: 1, padding: 'same' });
  const add = (number: number, one: Tensor, other: Tensor) =>
    build.add('Add', [one, other], { name: `normal_add_${number}_${id}` });
  const branches = [
    previous,
    add(1, separable(h, 5, 'left1'), separable(previous, 3, 'right1')),
    add(2, separable(previous, 5, 'left2'), separable(previous, 3, 'right2')),
    add(3, average(h, 'left3'), previous),
    add(4, average(previous, 'left4'), average(previous, 'right4')),
    add(5, separable(h, 3, 'left5'), h),
  ];
  return build.add('Concatenate', branches, { name: `normal_concat_${id}`, axis: -1 });
}

function reductionCell(build: NetworkBuilder, input: Tensor, cell: CellOptions): Tensor {
  const { filters, id } = cell;
  const previous = adjust(build, input, cell);
  const h = squeeze(build, input, { filters, id, kind: 'reduction' });
  const padded = build.padForStride2(h, `reduction_pad_1_${id}`, 3);
  const halved = (x: Tensor, size: number, name: string) =>
    separableBlock(build, x, { filters, size, strides: 2, id: `reduction_${name}_${id}` });
  const window = { size: 3, strides: 2 } as const;
  const add = (name: string, one: Tensor, other: Tensor) => build.add('Add', [one, other], { name });
  const x1 = add(`reduction_add_1_${id}`, halved(h, 5, 'left1'), halved(previous, 7, 'right1'));
  const largest = build.maxPool(padded, { name: `reduction_left2_${id}`, ...window });
  const x2 = add(`reduction_add_2_${id}`, largest, halved(previous, 7, 'right2'));
  const mean = build.averagePool(padded, { name: `reduction_left3_${id}`, ...window });
  const x3 = add(`reduction_add3_${id}`, mean, halved(previous, 5, 'right3'));
  const smooth = { name: `reduction_left4_${id}`, size: 3, strides: 1, padding: 'same' } as const;
  const x4 = add('add', x2, build.averagePool(x1, smooth));
  const last = separableBlock(build, x1, { filters, size: 3, id: `reduction_left4_${id}` });
  const largestAgain = build.maxPool(padded, { name: `reduction_right5_${id}`, ...window });
  const x5 = add(`reduction_add4_${id}`, last, largestAgain);
  return build.add('Concatenate', [x2, x3, x4, x5], { name: `reduction_concat_${id}`, axis: -1 });
}

interface SqueezeOptions {
  readonly filters: number;
  readonly id: string;
  readonly kind: 'normal' | 'reduction';
}

/** The cell's first input at the cell's width. */
function squeeze(build: NetworkBuilder, input: Tensor, { filters, id, kind }: SqueezeOptions): Tensor {
  const x = build.activation(input, 'activation', 'relu');
  const settings = { filters, size: 1, padding: 'same', use_bias: false } as const;
  const squeezed = build.conv(x, { name: `${kind}_conv_1_${id}`, ...settings });
  return build.batchNorm(squeezed, { name: `${kind}_bn_1_${id}`, ...batchNorm });
}

/** The cell's second input at the size and width of the first. */
function adjust(build: NetworkBuilder, input: Tensor, { previous, filters, id }: CellOptions): Tensor {
  if (previous === undefined) return input;
  const settings = { size: 1, padding: 'same', use_bias: false } as const;
  if (previous.shape[1] !== input.shape[1]) return halve(build, previous, { filters, id });
  if (previous.shape.at(-1) === filters) return previous;
  const x = build.activation(previous, 'activation', 'relu');
  const projected = build.conv(x, { name: `adjust_conv_projection_${id}`, filters, ...settings });
  return build.batchNorm(projected, { name: `adjust_bn_${id}`, ...batchNorm });
}

/** Every other pixel, from the first and from the second on, side by side. */
function halve(build: NetworkBuilder, input: Tensor, { filters, id }: Omit<CellOptions, 'previous'>): Tensor {
  const settings = { filters: Math.floor(filters / 2), size: 1, padding: 'same', use_bias: false } as const;
  const x = build.activation(input, `adjust_relu_1_${id}`, 'relu');
  const first = build.averagePool(x, { name: `adjust_avg_pool_1_${id}`, size: 1, strides: 2 });
  const left = build.conv(first, { name: `adjust_conv_1_${id}`, ...settings });
  const end = [
    [0, 1],
    [0, 1],
  ] as const;
  const shifted = build.add('Cropping2D', [build.pad(x, 'zero_padding2d', end)], {
    name: 'cropping2d',
    cropping: [
      [1, 0],
      [1, 0],
    ],
    data_format: 'channels_last',
  });
  const second = build.averagePool(shifted, { name: `adjust_avg_pool_2_${id}`, size: 1, strides: 2 });
  const right = build.conv(second, { name: `adjust_conv_2_${id}`, ...settings });
  const both = build.add('Concatenate', [left, right], { name: 'concatenate', axis: -1 });
  return build.batchNorm(both, { name: `adjust_bn_${id}`, ...batchNorm });
}

interface SeparableOptions {
  readonly filters: number;
  readonly size: number;
  readonly strides?: number;
  readonly id: string;
}

function separableBlock(build: NetworkBuilder, input: Tensor, options: SeparableOptions): Tensor {
  const { filters, size, strides = 1, id } = options;
  let x = build.activation(input, 'activation', 'relu');
  if (strides === 2) x = build.padForStride2(x, `separable_conv_1_pad_${id}`, size);
  const padding = strides === 2 ? 'valid' : 'same';
  x = build.separable(x, { name: `separable_conv_1_${id}`, filters, size, strides, padding });
  x = build.batchNorm(x, { name: `separable_conv_1_bn_${id}`, ...batchNorm });
  x = build.activation(x, 'activation', 'relu');
  x = build.separable(x, { name: `separable_conv_2_${id}`, filters, size, padding: 'same' });
  return build.batchNorm(x, { name: `separable_conv_2_bn_${id}`, ...batchNorm });
}
