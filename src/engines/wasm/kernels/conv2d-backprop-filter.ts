// The gradient of a convolution's filter: what each tap saw of the input times the output's gradient.

import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import { planesToRows } from './columns.js';
import { type Convolution, type ConvolutionAttrs, resolveConvolution } from './convolution.js';
import { runSteps, type Steps } from './steps.js';

/** Output pixels per product: a few images, so that memory stays small and the cache is used well. */
const pixelsPerProduct = 2048;

/** `x` `[batch, height, width, in]`, `dy` `[batch, outHeight, outWidth, out]` -> `[height, width, in, out]` */
export const conv2dBackpropFilter: KernelFunc = ({ inputs, attrs, backend }) => {
  const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo };
  const { filterShape, ...rest } = attrs as unknown as ConvolutionAttrs & { filterShape: number[] };
  const sizes = resolveConvolution(x.shape, filterShape, rest);
  const images = Math.max(1, Math.floor(pixelsPerProduct / (sizes.outHeight * sizes.outWidth)));
  return runSteps(backend, steps => {
    const gradient = steps.sumOf(Math.ceil(sizes.batchSize / images), (inner, index) => {
      const first = index * images;
      return gradientOfImages(inner, { x, dy }, sizes, first, Math.min(images, sizes.batchSize - first));
    });
    return steps.reshape(gradient, filterShape);
  });
};

/** `[height x width x in, out]` */
function gradientOfImages(
  steps: Steps,
  { x, dy }: { x: TensorInfo; dy: TensorInfo },
  sizes: Convolution,
  first: number,
  count: number,
): TensorInfo {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = sizes;
  const [inPixels, outPixels] = [inHeight * inWidth, outHeight * outWidth];
  const pixels = steps.reshape(x, [batchSize * inPixels, inChannels]);
  const planes = steps.transpose(steps.rows(pixels, first * inPixels, count * inPixels), [1, 0]);
  const rowCount = sizes.filterHeight * sizes.filterWidth * inChannels;
  const rows = steps.write([rowCount, count * outPixels], [planes], (target, source) => {
    planesToRows(source, target, sizes);
  });
  const gradient = steps.reshape(dy, [batchSize * outPixels, outChannels]);
  return steps.product(rows, steps.rows(gradient, first * outPixels, count * outPixels));
}
