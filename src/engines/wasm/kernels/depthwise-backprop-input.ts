// The gradient of a depthwise convolution's input: a depthwise convolution with the reversed filter.

import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import { type ConvolutionAttrs, resolveConvolution } from './convolution.js';
import { spreadOutput } from './spread-output.js';
import { runSteps } from './steps.js';

/** `dy` `[batch, outHeight, outWidth, in x per]`, `filter` `[height, width, in, per]` -> `[batch, inHeight, inWidth, in]` */
export const depthwiseBackpropInput: KernelFunc = ({ inputs, attrs, backend }) => {
  const { dy, filter } = inputs as { dy: TensorInfo; filter: TensorInfo };
  const { inputShape, ...rest } = attrs as unknown as ConvolutionAttrs & { inputShape: number[] };
  const sizes = resolveConvolution(inputShape, filter.shape, rest, true);
  const { filterHeight, filterWidth, inChannels, outChannels, dilationHeight, dilationWidth } = sizes;
  return runSteps(backend, steps => {
    const reversed = steps.reshape(steps.reverse(filter, [0, 1]), [
      filterHeight,
      filterWidth,
      outChannels,
      1,
    ]);
    const spread = spreadOutput(steps, dy, sizes);
    const gradient = steps.convolve(spread, reversed, 'depthwise', [dilationHeight, dilationWidth]);
    if (outChannels === inChannels) return gradient;
    // Each input channel fed several output channels.
    return steps.sum(steps.reshape(gradient, [...sizes.inShape, outChannels / inChannels]), [4]);
  });
};
