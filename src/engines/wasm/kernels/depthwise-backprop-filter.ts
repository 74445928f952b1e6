// The gradient of a depthwise filter: per tap, the output's gradient times the pixels under it, summed over pixels.

import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import { imagesToColumns } from './columns.js';
import { type Convolution, type ConvolutionAttrs, resolveConvolution } from './convolution.js';
import { runSteps, type Steps } from './steps.js';

/** `x` `[batch, height, width, in]`, `dy` `[batch, outHeight, outWidth, in x per]` -> `[height, width, in, per]` */
export const depthwiseBackpropFilter: KernelFunc = ({ inputs, attrs, backend }) => {
  const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo };
  const { filterShape, ...rest } = attrs as unknown as ConvolutionAttrs & { filterShape: number[] };
  const sizes = resolveConvolution(x.shape, filterShape, rest, true);
  return runSteps(backend, steps => {
    const taps = Array.from({ length: sizes.filterHeight * sizes.filterWidth }, (_, tap) =>
      steps.keep(runSteps(backend, inner => gradientOfTap(inner, { x, dy }, sizes, tap))),
    );
    return steps.reshape(steps.concat(taps, 0), filterShape);
  });
};

/** `[1, in x per]` */
function gradientOfTap(
  steps: Steps,
  { x, dy }: { x: TensorInfo; dy: TensorInfo },
  sizes: Convolution,
  tap: number,
): TensorInfo {
  const { batchSize, outHeight, outWidth, inChannels, outChannels } = sizes;
  const pixels = batchSize * outHeight * outWidth;
  const under = steps.write([pixels, inChannels, 1], [x], (target, images) => {
    imagesToColumns(images, target, oneTap(sizes, tap));
  });
  const each = steps.multiply(under, steps.reshape(dy, [pixels, inChannels, outChannels / inChannels]));
  // Pooling sums over pixels 20 times faster than the backend's own sum.
  const means = steps.pixelMean(steps.reshape(each, [batchSize, outHeight * outWidth, 1, outChannels]));
  const sums = steps.multiply(steps.sum(means, [0]), steps.fill([1], outHeight * outWidth));
  return steps.reshape(sums, [1, outChannels]);
}

/** The same convolution with a filter of one pixel, the given one. */
function oneTap(sizes: Convolution, tap: number): Convolution {
  const [y, x] = [Math.floor(tap / sizes.filterWidth), tap % sizes.filterWidth];
  return {
    ...sizes,
    filterHeight: 1,
    filterWidth: 1,
    padInfo: {
      ...sizes.padInfo,
      top: sizes.padInfo.top - y * sizes.dilationHeight,
      left: sizes.padInfo.left - x * sizes.dilationWidth,
    },
  };
}
