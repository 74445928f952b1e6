// Layers whose window slides over a feature map: convolutions and pooling. Keras keeps kernels as height, width, in, out;
// ONNX as out, in, height, width.

import type { WeightTensor } from '../../../network/network.js';
import type { Shape } from '../../../network/shape-rules.js';
import type { Attributes } from '../graph.js';
import { reverseAxes } from '../reverse-axes.js';
import { lowerActivation } from './activations.js';
import { type CallToLower, inOrder, type Lowering, type Place, type Value } from './layer-call.js';

/** Convolutions and pooling, by class. */
export const windowLowerings: Readonly<Record<string, Lowering>> = {
  Conv2D: call => {
    const input = channelsFirst(call);
    const groups = call.number('groups', 1);
    const kernel = kernelOf(call, 'kernel', [...kernelSize(call), call.inputChannels / groups, null]);
    return lowerActivation(
      call,
      convolve(call, input, { kernel, groups, bias: true, window: windowOf(call) }),
    );
  },
  DepthwiseConv2D: call => {
    return lowerActivation(call, convolve(call, channelsFirst(call), { ...depthwise(call), bias: true }));
  },
  SeparableConv2D: call => {
    const filters = depthwise(call);
    const { name } = convolve(call, channelsFirst(call), { ...filters, bias: false, stage: '/depthwise' });
    const kernel = kernelOf(call, 'pointwise_kernel', [1, 1, filters.kernel.filters, null]);
    const filtered = { name, shape: [...call.shape.slice(0, 2), filters.kernel.filters] };
    return lowerActivation(
      call,
      convolve(call, filtered, { kernel, groups: 1, bias: true, window: pointwise }),
    );
  },
  Conv2DTranspose: call => lowerActivation(call, convolveTransposed(call, channelsFirst(call))),
  MaxPooling2D: call => pool(call, 'MaxPool'),
  // ONNX leaves padding out of the average by default (count_include_pad = 0), as Keras does.
  AveragePooling2D: call => pool(call, 'AveragePool'),
  GlobalMaxPooling2D: call => poolGlobally(call, 'GlobalMaxPool'),
  GlobalAveragePooling2D: call => poolGlobally(call, 'GlobalAveragePool'),
};

type Pair = readonly [number, number];

/** What kernel and pooling windows have in common; pairs are height, width. */
interface Window {
  readonly size: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly padding: 'same' | 'valid';
}

const pointwise: Window = { size: [1, 1], strides: [1, 1], dilations: [1, 1], padding: 'valid' };

/** A kernel as Keras keeps it, `[height, width, a, b]`; in ONNX it is `[b, a, height, width]`. */
interface Kernel {
  readonly weight: WeightTensor;
  readonly filters: number;
}

interface Convolution {
  readonly kernel: Kernel;
  readonly groups: number;
  readonly bias: boolean;
  readonly window: Window;
  /** Which convolution it is of a layer that becomes several. */
  readonly stage?: string;
}

function channelsFirst(call: CallToLower): Value {
  return inOrder(call.graph, call.featureMap, 'channels-first');
}

function kernelSize(call: CallToLower): Pair {
  return call.pair('kernel_size', [1, 1]);
}

function windowOf(call: CallToLower): Window {
  return {
    size: kernelSize(call),
    strides: call.pair('strides', [1, 1]),
    dilations: call.pair('dilation_rate', [1, 1]),
    padding: paddingOf(call),
  };
}

function paddingOf(call: CallToLower): Window['padding'] {
  const padding = call.text('padding', 'valid').toLowerCase();
  if (padding !== 'same' && padding !== 'valid') throw call.unsupported(`padding "${padding}"`);
  return padding;
}

function kernelOf(call: CallToLower, variable: string, shape: readonly (number | null)[]): Kernel {
  const weight = call.weight(variable, shape);
  return { weight, filters: weight.shape[3] ?? 0 };
}

/** Every input channel has its own group; Keras numbers the outputs channel by channel, as ONNX does. */
function depthwise(call: CallToLower): Omit<Convolution, 'bias'> {
  const groups = call.inputChannels;
  const { weight, filters: multiplier } = kernelOf(call, 'depthwise_kernel', [
    ...kernelSize(call),
    groups,
    null,
  ]);
  const filters = groups * multiplier;
  // [height, width, in, multiplier] read as [height, width, 1, in * multiplier]
  const flat = { ...weight, shape: [...kernelSize(call), 1, filters] };
  return { kernel: { weight: flat, filters }, groups, window: windowOf(call) };
}

function convolve(call: CallToLower, input: Omit<Value, 'order'>, convolution: Convolution): Place {
  const { kernel, groups, window, bias, stage = '' } = convolution;
  const attributes = windowAttributes(window, input.shape);
  const image = 'auto_pad' in attributes ? keepZeros(call, input.name) : input.name;
  const inputs = [image, kernelConstant(call, kernel), ...(bias ? biasConstant(call, kernel) : [])];
  const name = call.graph.node('Conv', `${call.name}${stage}`, inputs, {
    ...attributes,
    dilations: { ints: window.dilations },
    group: { int: groups },
  });
  const [height, width] = call.shape;
  if (height != null && width != null) call.graph.mapSizes.set(name, [height, width]);
  return { name, order: 'channels-first' };
}

function kernelConstant(call: CallToLower, { weight }: Kernel): string {
  const [height = 1, width = 1, a = 1, b = 1] = weight.shape;
  return call.graph.constant(weight.name, [b, a, height, width], () =>
    reverseAxes(weight.data, [height * width, a, b]),
  );
}

function biasConstant(call: CallToLower, { filters }: Kernel): string[] {
  if (!call.flag('use_bias', true)) return [];
  const bias = call.weight('bias', [filters]);
  return [call.graph.constant(bias.name, bias.shape, () => bias.data)];
}

/**
 * The gradient of a convolution: Keras' output is `size * stride` with `same`,
 * `size * stride + max(kernel - stride, 0)` with `valid`.
 */
function convolveTransposed(call: CallToLower, input: Value): Place {
  const { size, strides, dilations, padding } = windowOf(call);
  if (dilations.some(rate => rate !== 1)) throw call.unsupported('dilation of a transposed convolution');
  if (call.layer.config.output_padding != null) throw call.unsupported('output_padding');
  const weight = call.weight('kernel', [...size, null, call.inputChannels]);
  const kernel: Kernel = { weight, filters: weight.shape[2] ?? 0 };
  const axes = ([0, 1] as const).map(axis => {
    const excess = size[axis] - strides[axis];
    const cropped = padding === 'same' ? Math.max(excess, 0) : 0;
    const begin = Math.floor(cropped / 2);
    return { begin, end: cropped - begin, added: Math.max(-excess, 0) };
  });
  const inputs = [input.name, kernelConstant(call, kernel), ...biasConstant(call, kernel)];
  const name = call.graph.node('ConvTranspose', call.name, inputs, {
    kernel_shape: { ints: size },
    strides: { ints: strides },
    pads: { ints: [...axes.map(({ begin }) => begin), ...axes.map(({ end }) => end)] },
    output_padding: { ints: axes.map(({ added }) => added) },
  });
  return { name, order: 'channels-first' };
}

function pool(call: CallToLower, op: string): Place {
  const input = channelsFirst(call);
  const size = call.pair('pool_size', [2, 2]);
  const strides = call.layer.config.strides == null ? size : call.pair('strides', size);
  const window: Window = { size, strides, dilations: [1, 1], padding: paddingOf(call) };
  const image = keepZeros(call, input.name);
  const name = call.graph.node(op, call.name, [image], windowAttributes(window, input.shape));
  return { name, order: 'channels-first' };
}

/**
 * A padding of zeros right before a pooling, as a convolution of every pixel for itself (by 1) that pads. ONNX Runtime
 * moves a Pad there into the pooling (its pass Pad_Fusion), which pads with minus infinity, or leaves padding out of
 * the average; named axes would stop that pass, but lead another (transposes around Pad) astray.
 */
function keepZeros({ graph, inputChannels }: CallToLower, value: string): string {
  const pad = graph.producer(value);
  const [source, margins] = pad?.inputs ?? [];
  if (pad?.op !== 'Pad' || source === undefined || margins === undefined) return value;
  const [, , top, left, , , bottom, right] = Array.from<number | bigint, number>(
    graph.initializers.get(margins)?.data ?? [],
    Number,
  );
  const one = `constant/one/${inputChannels}`;
  const kernel = graph.constant(one, [inputChannels, 1, 1, 1], () => new Float32Array(inputChannels).fill(1));
  return graph.node('Conv', `${value}/zeros`, [source, kernel], {
    kernel_shape: { ints: [1, 1] },
    strides: { ints: [1, 1] },
    pads: { ints: [top ?? 0, left ?? 0, bottom ?? 0, right ?? 0] },
    dilations: { ints: [1, 1] },
    group: { int: inputChannels },
  });
}

function poolGlobally(call: CallToLower, op: string): Place {
  const input = channelsFirst(call);
  const pooled = call.graph.node(op, call.name, [input.name]);
  if (call.flag('keepdims', false)) return { name: pooled, order: 'channels-first' };
  const flat = call.graph.node('Flatten', `${call.name}/flat`, [pooled], { axis: { int: 1 } });
  return { name: flat, order: 'channels-last' };
}

/**
 * The node attributes that place a window as Keras does: with `same`, the odd pixel of padding goes to the end,
 * and at a stride over 1 the amount depends on the input's size.
 */
function windowAttributes(window: Window, inputShape: Shape): Attributes {
  const shared: Attributes = { kernel_shape: { ints: window.size }, strides: { ints: window.strides } };
  if (window.padding === 'valid') return { ...shared, pads: { ints: [0, 0, 0, 0] } };
  const height = samePadding(window, 0, inputShape[0] ?? null);
  const width = samePadding(window, 1, inputShape[1] ?? null);
  // Where the size is open, ONNX works the padding out by the same rule when it knows it.
  if (height === null || width === null) return { ...shared, auto_pad: { text: 'SAME_UPPER' } };
  const begin = [Math.floor(height / 2), Math.floor(width / 2)] as const;
  return { ...shared, pads: { ints: [...begin, height - begin[0], width - begin[1]] } };
}

/** Pixels of padding along an axis, both ends together; null where it depends on an open size. */
function samePadding(window: Window, axis: 0 | 1, size: number | null): number | null {
  const stride = window.strides[axis];
  const reach = (window.size[axis] - 1) * window.dilations[axis] + 1;
  if (stride === 1) return reach - 1;
  if (size === null) return null;
  return Math.max((Math.ceil(size / stride) - 1) * stride + reach - size, 0);
}
