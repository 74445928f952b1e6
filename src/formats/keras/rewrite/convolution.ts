// Convolutions and dense layers. What tfjs lacks (groups, dilated depthwise kernels) goes into the kernel itself.

import type { JsonObject } from '../../../system/json.js';
import { dilatedSize, dilateKernel } from '../../dilated-kernel.js';
import type { KerasLayer, SavedVariable, Steps, StepWeight, Tensor } from '../../layer-config/steps.js';
import { splitActivation } from './activation.js';
import {
  common,
  numberAt,
  perAxis,
  pick,
  requireSetting,
  unsupportedSetting,
  wrongSetting,
} from './settings.js';

/** `Dense` */
export function dense(layer: KerasLayer, steps: Steps): Tensor {
  requireSetting(layer, 'quantization_mode');
  const { fused, follow } = splitActivation(layer);
  const config = {
    ...common(layer),
    units: numberAt(layer, 'units'),
    ...pick(layer.config, ['use_bias']),
    activation: fused,
  };
  return follow(steps.addWithVariables('Dense', config, steps.input), steps, layer);
}

/** `Conv1D`, `Conv2D`, `Conv3D` with `axes` spatial axes. */
export function convolution(axes: number) {
  return (layer: KerasLayer, steps: Steps): Tensor => {
    const { fused, follow } = splitActivation(layer);
    const config = { ...window(layer, axes), filters: numberAt(layer, 'filters'), activation: fused };
    const groups = numberAt(layer, 'groups', 1);
    const result =
      groups === 1
        ? steps.addWithVariables(`Conv${axes}D`, config, steps.input)
        : groupedConvolution(layer, steps, config, groups);
    return follow(result, steps, layer);
  };
}

/** `Conv2DTranspose`, `Conv3DTranspose` */
export function transposedConvolution(axes: number) {
  return (layer: KerasLayer, steps: Steps): Tensor => {
    if (perAxis(layer, 'dilation_rate', axes, 1).some(rate => rate > 1)) {
      throw unsupportedSetting(layer, `dilation_rate=${JSON.stringify(layer.config.dilation_rate)}`);
    }
    requireSetting(layer, 'output_padding');
    requireSetting(layer, 'groups', 1);
    const { fused, follow } = splitActivation(layer);
    const { dilation_rate: _one, ...sizes } = window(layer, axes);
    const config = { ...sizes, filters: numberAt(layer, 'filters'), activation: fused };
    return follow(steps.addWithVariables(`Conv${axes}DTranspose`, config, steps.input), steps, layer);
  };
}

/** `SeparableConv2D` */
export function separableConvolution(layer: KerasLayer, steps: Steps): Tensor {
  const { fused, follow } = splitActivation(layer);
  const config = {
    ...window(layer, 2),
    filters: numberAt(layer, 'filters'),
    depth_multiplier: numberAt(layer, 'depth_multiplier', 1),
    activation: fused,
  };
  return follow(steps.addWithVariables('SeparableConv2D', config, steps.input), steps, layer);
}

/** `DepthwiseConv2D`; tfjs ignores its dilation, so a dilated kernel is written out with its zeros. */
export function depthwiseConvolution(layer: KerasLayer, steps: Steps): Tensor {
  const { fused, follow } = splitActivation(layer);
  const { dilation_rate: _rates, ...sizes } = window(layer, 2);
  const multiplier = numberAt(layer, 'depth_multiplier', 1);
  const config = { ...sizes, depth_multiplier: multiplier, activation: fused };
  const rates = perAxis(layer, 'dilation_rate', 2, 1);
  if (rates.every(rate => rate === 1)) {
    return follow(steps.addWithVariables('DepthwiseConv2D', config, steps.input), steps, layer);
  }
  const channels = channelsOf(layer, steps.input);
  const from = perAxis(layer, 'kernel_size', 2);
  const to = dilatedSize(from, rates);
  const saved = steps.expect({
    name: 'depthwise_kernel',
    shape: [...from, channels, multiplier],
    trainable: true,
  });
  const kernel: StepWeight = {
    name: 'depthwise_kernel',
    shape: [...to, channels, multiplier],
    from: {
      saved,
      transform: values => dilateKernel(values, { size: from, rates, depth: channels * multiplier }),
    },
  };
  const weights = [kernel, ...biasOf(layer, steps, channels * multiplier)];
  return follow(
    steps.add('DepthwiseConv2D', { ...config, kernel_size: to }, steps.input, weights),
    steps,
    layer,
  );
}

/** A grouped convolution: depthwise where each channel is a group, else one kernel with zeros across groups. */
function groupedConvolution(layer: KerasLayer, steps: Steps, config: JsonObject, groups: number): Tensor {
  const channels = channelsOf(layer, steps.input);
  const filters = numberAt(layer, 'filters');
  const size = config.kernel_size as readonly number[];
  if (channels % groups !== 0 || filters % groups !== 0) {
    throw wrongSetting(layer, 'groups', `a divisor of ${channels} channels and ${filters} filters`);
  }
  const saved = steps.expect({
    name: 'kernel',
    shape: [...size, channels / groups, filters],
    trainable: true,
  });
  const bias = () => biasOf(layer, steps, filters);
  const undilated = (config.dilation_rate as readonly number[]).every(rate => rate === 1);
  if (groups === channels && size.length === 2 && undilated) {
    const { filters: _filters, dilation_rate: _rates, ...sizes } = config;
    const multiplier = filters / channels;
    const kernel = { name: 'depthwise_kernel', shape: [...size, channels, multiplier], from: { saved } };
    return steps.add('DepthwiseConv2D', { ...sizes, depth_multiplier: multiplier }, steps.input, [
      kernel,
      ...bias(),
    ]);
  }
  const transform = (values: Float32Array) => ungroup(values, channels, filters, groups);
  const kernel = { name: 'kernel', shape: [...size, channels, filters], from: { saved, transform } };
  return steps.add(`Conv${size.length}D`, config, steps.input, [kernel, ...bias()]);
}

/** `[..., channels / groups, filters]` to `[..., channels, filters]`: each filter sees its group's channels only. */
function ungroup(values: Float32Array, channels: number, filters: number, groups: number): Float32Array {
  const depth = channels / groups;
  const width = filters / groups;
  const taps = values.length / (depth * filters);
  const result = new Float32Array(taps * channels * filters);
  for (let tap = 0; tap < taps; tap++) {
    for (let channel = 0; channel < channels; channel++) {
      const group = Math.floor(channel / depth);
      const start = (tap * depth + (channel % depth)) * filters + group * width;
      result.set(values.subarray(start, start + width), (tap * channels + channel) * filters + group * width);
    }
  }
  return result;
}

function biasOf(layer: KerasLayer, steps: Steps, size: number): readonly StepWeight[] {
  if (layer.config.use_bias === false) return [];
  const saved: SavedVariable = steps.expect({ name: 'bias', shape: [size], trainable: true });
  return [{ name: 'bias', shape: [size], from: { saved } }];
}

/** The sliding window's settings, one number per axis. */
function window(layer: KerasLayer, axes: number): JsonObject {
  const padding = String(layer.config.padding ?? 'valid').toLowerCase();
  if (padding !== 'same' && padding !== 'valid')
    throw unsupportedSetting(layer, `padding=${padding.slice(0, 40)}`);
  return {
    ...common(layer),
    kernel_size: perAxis(layer, 'kernel_size', axes),
    strides: perAxis(layer, 'strides', axes, 1),
    dilation_rate: perAxis(layer, 'dilation_rate', axes, 1),
    padding,
    data_format: 'channels_last',
    ...pick(layer.config, ['use_bias']),
  };
}

function channelsOf(layer: KerasLayer, { shape }: Tensor): number {
  return shape.at(-1) ?? numberAt({ ...layer, config: {} }, 'channels of its input');
}
