// Convolutions. Keras keeps kernels as height, width, in, out; ONNX as out, in, height, width.

import type { WeightTensor } from '../../../network/network.js';
import { reverseAxes } from '../reverse-axes.js';
import { lowerActivation } from './activations.js';
import type { LayerCall, Lowering } from './layer-call.js';
import { channelsOf, inOrder, type Value } from './value.js';
import { paddingOf, type Window, windowAttributes, windowOutputSize } from './window.js';

export const convolutionLowerings: Readonly<Record<string, Lowering>> = {
  Conv2D: call => {
    const input = prepareInput(call);
    const groups = call.number('groups', 1);
    const kernel = kernelOf(call, 'kernel', [...kernelSize(call), channels(call, input) / groups, null]);
    return finish(call, convolve(call, input, { kernel, groups, bias: true, window: windowOf(call) }));
  },
  DepthwiseConv2D: call => {
    const input = prepareInput(call);
    return finish(call, convolve(call, input, { ...depthwise(call, input), bias: true }));
  },
  SeparableConv2D: call => {
    const input = prepareInput(call);
    const filtered = convolve(call, input, { ...depthwise(call, input), bias: false });
    const kernel = kernelOf(call, 'pointwise_kernel', [1, 1, channels(call, filtered), null]);
    return finish(call, convolve(call, filtered, { kernel, groups: 1, bias: true, window: pointwise }));
  },
  Conv2DTranspose: call => finish(call, convolveTransposed(call, prepareInput(call))),
};

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
}

const pointwise: Window = { size: [1, 1], strides: [1, 1], dilations: [1, 1], padding: 'valid' };

function prepareInput(call: LayerCall): Value {
  call.requireChannelsLast();
  return inOrder(call.graph, call.featureMap, 'channels-first');
}

function channels(call: LayerCall, value: Value): number {
  const count = channelsOf(value);
  if (count === null) throw call.wrong('has an input whose number of channels is open');
  return count;
}

function kernelSize(call: LayerCall): readonly [number, number] {
  return call.pair('kernel_size', [1, 1]);
}

function windowOf(call: LayerCall): Window {
  return {
    size: kernelSize(call),
    strides: call.pair('strides', [1, 1]),
    dilations: call.pair('dilation_rate', [1, 1]),
    padding: paddingOf(call),
  };
}

function kernelOf(call: LayerCall, variable: string, shape: readonly (number | null)[]): Kernel {
  const weight = call.weight(variable, shape);
  return { weight, filters: weight.shape[3]! };
}

/** Every input channel has its own group; Keras numbers the outputs channel by channel, as ONNX does. */
function depthwise(call: LayerCall, input: Value): Omit<Convolution, 'bias'> {
  const groups = channels(call, input);
  const weight = call.weight('depthwise_kernel', [...kernelSize(call), groups, null]);
  const multiplier = weight.shape[3]!;
  const [height, width] = kernelSize(call);
  // [height, width, in, multiplier] read as [height, width, 1, in * multiplier]
  const flat = { ...weight, shape: [height, width, 1, groups * multiplier] };
  return {
    kernel: { weight: flat, filters: groups * multiplier },
    groups,
    window: windowOf(call),
  };
}

function convolve(call: LayerCall, input: Value, convolution: Convolution): Value {
  const { kernel, groups, window } = convolution;
  const inputSize = input.shape.slice(1, 3);
  const inputs = [input.name, kernelConstant(call, kernel)];
  if (convolution.bias) inputs.push(...biasConstant(call, kernel.filters));
  const stage = kernel.weight.name.endsWith('depthwise_kernel') && !convolution.bias ? '/depthwise' : '';
  const name = call.graph.node('Conv', `${call.name}${stage}`, inputs, {
    ...windowAttributes(window, inputSize),
    dilations: { ints: window.dilations },
    group: { int: groups },
  });
  const [height = null, width = null] = windowOutputSize(window, inputSize);
  if (height !== null && width !== null) call.graph.mapSizes.set(name, [height, width]);
  return { name, shape: [input.shape[0] ?? null, height, width, kernel.filters], order: 'channels-first' };
}

function kernelConstant(call: LayerCall, { weight }: Kernel): string {
  const [height, width, a, b] = weight.shape as [number, number, number, number];
  return call.graph.constant(weight.name, [b, a, height, width], () =>
    reverseAxes(weight.data, [height * width, a, b]),
  );
}

function biasConstant(call: LayerCall, filters: number): string[] {
  if (!call.flag('use_bias', true)) return [];
  const bias = call.weight('bias', [filters]);
  return [call.graph.constant(bias.name, bias.shape, () => bias.data)];
}

/**
 * The gradient of a convolution: Keras' output is `size * stride` with `same`,
 * `size * stride + max(kernel - stride, 0)` with `valid`.
 */
function convolveTransposed(call: LayerCall, input: Value): Value {
  const window = windowOf(call);
  if (window.dilations.some(rate => rate !== 1))
    throw call.unsupported('dilation of a transposed convolution');
  if (call.layer.config.output_padding != null) throw call.unsupported('output_padding');
  const weight = call.weight('kernel', [...window.size, null, channels(call, input)]);
  const kernel: Kernel = { weight, filters: weight.shape[2]! };
  const excess = window.size.map((size, axis) => size - window.strides[axis]!);
  const cropped = excess.map(each => (window.padding === 'same' ? Math.max(each, 0) : 0));
  const begin = cropped.map(each => Math.floor(each / 2));
  const inputs = [input.name, kernelConstant(call, kernel), ...biasConstant(call, kernel.filters)];
  const name = call.graph.node('ConvTranspose', call.name, inputs, {
    kernel_shape: { ints: window.size },
    strides: { ints: window.strides },
    pads: { ints: [...begin, ...cropped.map((each, axis) => each - begin[axis]!)] },
    output_padding: { ints: excess.map(each => Math.max(-each, 0)) },
  });
  const [height = null, width = null] = [0, 1].map(axis => {
    const size = input.shape[axis + 1];
    if (size == null) return null;
    return size * window.strides[axis]! + Math.max(excess[axis]!, 0) - cropped[axis]!;
  });
  return { name, shape: [input.shape[0] ?? null, height, width, kernel.filters], order: 'channels-first' };
}

function finish(call: LayerCall, output: Value): Value {
  return lowerActivation(call, output);
}
