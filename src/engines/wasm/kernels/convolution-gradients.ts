// The gradients of plain and depthwise convolutions, by their inputs and by their filters.

import type { NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import { type Convolution, type ConvolutionShapes, sizesOf } from '../../convolution.js';
import { columnsToImages, imagesToColumns, planesToRows } from './columns.js';
import { kernelOf, runSteps, type Steps } from './steps.js';

type InputAttrs = NamedAttrMap & { readonly inputShape: number[] };
type FilterAttrs = NamedAttrMap & { readonly filterShape: number[] };

/** A gradient by the filter: the convolution's input `x`, and the gradient `dy` of its output. */
interface FilterGradient {
  readonly x: TensorInfo;
  readonly dy: TensorInfo;
  readonly sizes: Convolution;
}

/** Output pixels per product: a few images, so that memory stays small and the cache is used well. */
const pixelsPerProduct = 2048;

/**
 * By the filter: what each tap saw of the input times the output's gradient.
 * `x` `[batch, height, width, in]`, `dy` `[batch, outHeight, outWidth, out]` -> `[height, width, in, out]`
 */
export const conv2dBackpropFilter = kernelOf<'x' | 'dy', FilterAttrs>((steps, { x, dy }, { attrs }) => {
  const { filterShape } = attrs;
  const sizes = resolveSizes({ input: x.shape, filter: filterShape, isDepthwise: false }, attrs);
  const images = Math.max(1, Math.floor(pixelsPerProduct / (sizes.outHeight * sizes.outWidth)));
  const gradient = steps.sumOf(Math.ceil(sizes.batchSize / images), (inner, index) => {
    const first = index * images;
    const count = Math.min(images, sizes.batchSize - first);
    return filterGradientOf(inner, { x, dy, sizes }, { first, count });
  });
  return steps.reshape(gradient, filterShape);
});

/** The gradient by some of the images: `[height x width x in, out]` */
function filterGradientOf(
  steps: Steps,
  { x, dy, sizes }: FilterGradient,
  { first, count }: { readonly first: number; readonly count: number },
): TensorInfo {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = sizes;
  const [inPixels, outPixels] = [inHeight * inWidth, outHeight * outWidth];
  const pixels = steps.reshape(x, [batchSize * inPixels, inChannels]);
  const planes = steps.transpose(steps.rows(pixels, first * inPixels, count * inPixels), [1, 0]);
  const rowCount = sizes.filterHeight * sizes.filterWidth * inChannels;
  const rows = steps.write([rowCount, count * outPixels], planes, (target, source) => {
    planesToRows(source, target, sizes);
  });
  const gradient = steps.reshape(dy, [batchSize * outPixels, outChannels]);
  return steps.product(rows, steps.rows(gradient, first * outPixels, count * outPixels));
}

/**
 * By the input. With stride 1 it is a convolution with the reversed filter; else the gradient of the columns, one
 * product, laid back onto the pixels.
 * `dy` `[batch, outHeight, outWidth, out]`, `filter` `[height, width, in, out]` -> `[batch, inHeight, inWidth, in]`
 */
export const conv2dBackpropInput = kernelOf<'dy' | 'filter', InputAttrs>((steps, inputs, { attrs }) => {
  const { dy, filter } = inputs;
  const sizes = resolveSizes({ input: attrs.inputShape, filter: filter.shape, isDepthwise: false }, attrs);
  if (sizes.strideHeight * sizes.strideWidth === 1) {
    const reversed = steps.transpose(steps.reverse(filter, [0, 1]), [0, 1, 3, 2]);
    return steps.convolve(moveToInputs(steps, dy, sizes), reversed);
  }
  const columnSize = sizes.filterHeight * sizes.filterWidth * sizes.inChannels;
  const pixels = sizes.batchSize * sizes.outHeight * sizes.outWidth;
  const turned = steps.transpose(steps.reshape(filter, [columnSize, sizes.outChannels]), [1, 0]);
  const columns = steps.product(steps.reshape(dy, [pixels, sizes.outChannels]), turned);
  return steps.write([...sizes.inShape], columns, (target, source) => {
    columnsToImages(source, target, sizes);
  });
});

/**
 * By a depthwise filter: per tap, the output's gradient times the pixels under it, summed over pixels.
 * `x` `[batch, height, width, in]`, `dy` `[batch, outHeight, outWidth, in x per]` -> `[height, width, in, per]`
 */
export const depthwiseBackpropFilter = kernelOf<'x' | 'dy', FilterAttrs>((steps, { x, dy }, { attrs }) => {
  const { filterShape } = attrs;
  const sizes = resolveSizes({ input: x.shape, filter: filterShape, isDepthwise: true }, attrs);
  const taps = Array.from({ length: sizes.filterHeight * sizes.filterWidth }, (_, tap) =>
    steps.keep(runSteps(steps.backend, inner => tapGradient(inner, { x, dy, sizes }, tap))),
  );
  return steps.reshape(steps.concat(taps, 0), filterShape);
});

/** `[1, in x per]` */
function tapGradient(steps: Steps, { x, dy, sizes }: FilterGradient, tap: number): TensorInfo {
  const { batchSize, outHeight, outWidth, inChannels, outChannels } = sizes;
  const pixels = batchSize * outHeight * outWidth;
  const under = steps.write([pixels, inChannels, 1], x, (target, images) => {
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

/**
 * By the input of a depthwise convolution: a depthwise convolution with the reversed filter.
 * `dy` `[batch, outHeight, outWidth, in x per]`, `filter` `[height, width, in, per]` -> `[batch, inHeight, inWidth, in]`
 */
export const depthwiseBackpropInput = kernelOf<'dy' | 'filter', InputAttrs>((steps, inputs, { attrs }) => {
  const { dy, filter } = inputs;
  const sizes = resolveSizes({ input: attrs.inputShape, filter: filter.shape, isDepthwise: true }, attrs);
  const { filterHeight, filterWidth, inChannels, outChannels, dilationHeight, dilationWidth } = sizes;
  const shape = [filterHeight, filterWidth, outChannels, 1];
  const reversed = steps.reshape(steps.reverse(filter, [0, 1]), shape);
  const moved = moveToInputs(steps, dy, sizes);
  const gradient = steps.convolveDepthwise(moved, reversed, [dilationHeight, dilationWidth]);
  if (outChannels === inChannels) return gradient;
  // Each input channel fed several output channels.
  return steps.sum(steps.reshape(gradient, [...sizes.inShape, outChannels / inChannels]), [4]);
});

/**
 * The gradient of every output pixel at the place of the last tap that it was computed from, zeros between and around.
 * A convolution of the result with the reversed filter, unpadded, is the gradient of the input.
 * @param dy `[batch, outHeight, outWidth, out]`
 * @returns `[batch, inHeight + effectiveFilterHeight - 1, inWidth + effectiveFilterWidth - 1, out]`
 */
function moveToInputs(steps: Steps, dy: TensorInfo, sizes: Convolution): TensorInfo {
  const [above, beside] = [sizes.effectiveFilterHeight - 1, sizes.effectiveFilterWidth - 1];
  const moved: Convolution = {
    ...sizes,
    inHeight: sizes.inHeight + above,
    inWidth: sizes.inWidth + beside,
    inChannels: sizes.outChannels,
    filterHeight: 1,
    filterWidth: 1,
    padInfo: { ...sizes.padInfo, top: sizes.padInfo.top - above, left: sizes.padInfo.left - beside },
  };
  const shape = [sizes.batchSize, moved.inHeight, moved.inWidth, moved.inChannels];
  return steps.write(shape, dy, (target, gradient) => columnsToImages(gradient, target, moved));
}

/** @throws Error for NCHW, which the wasm backend computes nowhere */
function resolveSizes(shapes: ConvolutionShapes, attrs: NamedAttrMap): Convolution {
  const sizes = sizesOf(shapes, attrs);
  if (sizes.dataFormat === 'channelsLast') return sizes;
  throw new Error('The wasm backend computes no convolution in NCHW.');
}
