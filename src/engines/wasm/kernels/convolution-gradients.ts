// The gradients of plain and depthwise convolutions, by their inputs and by their filters.

import type { NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import { type Convolution, type ConvolutionShapes, sizesOf } from '../../convolution.js';
import { columnsToImages, groupImages, imagesToColumns, isPixelwise } from './columns.js';
import { multiply } from './mat-mul.js';
import { kernelOf, runSteps, type Steps } from './steps.js';

type InputAttrs = NamedAttrMap & { readonly inputShape: number[] };
type FilterAttrs = NamedAttrMap & { readonly filterShape: number[] };

/** A gradient by a depthwise filter: the convolution's input `x`, and the gradient `dy` of its output. */
interface FilterGradient {
  readonly x: TensorInfo;
  readonly dy: TensorInfo;
  readonly sizes: Convolution;
}

/**
 * By the filter: what each tap saw of the input times the output's gradient.
 * `x` `[batch, height, width, in]`, `dy` `[batch, outHeight, outWidth, out]` -> `[height, width, in, out]`
 */
export const conv2dBackpropFilter = kernelOf<'x' | 'dy', FilterAttrs>((steps, { x, dy }, { attrs }) => {
  const { filterShape } = attrs;
  const sizes = resolveSizes({ input: x.shape, filter: filterShape, isDepthwise: false }, attrs);
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = sizes;
  const gradients = steps.reshape(dy, [batchSize * outHeight * outWidth, outChannels]);
  if (isPixelwise(sizes)) {
    const pixels = steps.reshape(x, [batchSize * inHeight * inWidth, inChannels]);
    const product = multiply(steps, { a: pixels, b: gradients }, { transposeA: true });
    return steps.reshape(product, filterShape);
  }
  const [inSize, outPixels] = [inHeight * inWidth * inChannels, outHeight * outWidth];
  const columns = sizes.filterHeight * sizes.filterWidth * inChannels;
  const groups = groupImages(sizes);
  const gradient = steps.sumOf(groups, (inner, { first, count }) => {
    const a = inner.write([count * outPixels, columns], x, (target, images) => {
      imagesToColumns(images.subarray(first * inSize, (first + count) * inSize), target, sizes);
    });
    const b = inner.rows(gradients, first * outPixels, count * outPixels);
    return multiply(inner, { a, b }, { transposeA: true });
  });
  return steps.reshape(gradient, filterShape);
});

/**
 * By the input. With stride 1 it is a convolution with the reversed filter; else the gradient of the columns, one
 * product, laid back onto the pixels.
 * `dy` `[batch, outHeight, outWidth, out]`, `filter` `[height, width, in, out]` -> `[batch, inHeight, inWidth, in]`
 */
export const conv2dBackpropInput = kernelOf<'dy' | 'filter', InputAttrs>((steps, inputs, { attrs }) => {
  const { dy, filter } = inputs;
  const sizes = resolveSizes({ input: attrs.inputShape, filter: filter.shape, isDepthwise: false }, attrs);
  const isDense = sizes.strideHeight * sizes.strideWidth === 1;
  if (isDense && !isPixelwise(sizes)) {
    const reversed = steps.transpose(steps.reverse(filter, [0, 1]), [0, 1, 3, 2]);
    return steps.convolve(moveToInputs(steps, dy, sizes), reversed);
  }
  const taps = sizes.filterHeight * sizes.filterWidth * sizes.inChannels;
  const pixels = sizes.batchSize * sizes.outHeight * sizes.outWidth;
  const a = steps.reshape(dy, [pixels, sizes.outChannels]);
  const b = steps.reshape(filter, [taps, sizes.outChannels]);
  const columns = multiply(steps, { a, b }, { transposeB: true });
  if (isPixelwise(sizes)) return steps.reshape(columns, [...sizes.inShape]);
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
