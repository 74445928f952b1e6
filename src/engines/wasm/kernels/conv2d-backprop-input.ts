// The gradient of a convolution's input. With stride 1 it is a convolution with the reversed filter; else the
// gradient of the columns, one product, laid back onto the pixels.

import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import { columnsToImages } from './columns.js';
import { type Convolution, type ConvolutionAttrs, resolveConvolution } from './convolution.js';
import { spreadOutput } from './spread-output.js';
import { runSteps, type Steps } from './steps.js';

/** `dy` `[batch, outHeight, outWidth, out]`, `filter` `[height, width, in, out]` -> `[batch, inHeight, inWidth, in]` */
export const conv2dBackpropInput: KernelFunc = ({ inputs, attrs, backend }) => {
  const { dy, filter } = inputs as { dy: TensorInfo; filter: TensorInfo };
  const { inputShape, ...rest } = attrs as unknown as ConvolutionAttrs & { inputShape: number[] };
  const sizes = resolveConvolution(inputShape, filter.shape, rest);
  return runSteps(backend, steps => {
    if (sizes.strideHeight * sizes.strideWidth > 1) return throughColumns(steps, dy, filter, sizes);
    const reversed = steps.transpose(steps.reverse(filter, [0, 1]), [0, 1, 3, 2]);
    return steps.convolve(spreadOutput(steps, dy, sizes), reversed, 'plain', [1, 1]);
  });
};

function throughColumns(steps: Steps, dy: TensorInfo, filter: TensorInfo, sizes: Convolution): TensorInfo {
  const columnSize = sizes.filterHeight * sizes.filterWidth * sizes.inChannels;
  const pixels = sizes.batchSize * sizes.outHeight * sizes.outWidth;
  const turned = steps.transpose(steps.reshape(filter, [columnSize, sizes.outChannels]), [1, 0]);
  const columns = steps.product(steps.reshape(dy, [pixels, sizes.outChannels]), turned);
  return steps.write([...sizes.inShape], [columns], (target, source) => {
    columnsToImages(source, target, sizes);
  });
}
