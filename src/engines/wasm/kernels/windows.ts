// The windows of a pooling, one after the other.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type Convolution, shape4D } from '../../convolution.js';
import { tf } from '../../tfjs.js';

/** Attributes that poolings and their gradients share. */
export interface PoolAttrs {
  readonly filterSize: number | [number, number];
  readonly strides: number | [number, number];
  readonly pad: Parameters<typeof tf.backend_util.computePool2DInfo>[4];
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** @param input `[batch, height, width, channels]` */
export function poolingOf(input: TensorInfo, attrs: PoolAttrs): Convolution {
  const { filterSize, strides, pad, dimRoundingMode } = attrs;
  const { computePool2DInfo } = tf.backend_util;
  return computePool2DInfo(shape4D(input.shape), filterSize, strides, 1, pad, dimRoundingMode);
}

/** A window of one channel: the offset of its first value, and how many pixels of it lie inside the image. */
export interface Window {
  first: number;
  rows: number;
  columns: number;
}

/** Visits them in the order of the outputs. One record is used again for every window: there are millions. */
export function eachWindow(sizes: Convolution, visit: (window: Window, output: number) => void): void {
  const { inHeight, inWidth, inChannels, outHeight, outWidth, padInfo } = sizes;
  const window: Window = { first: 0, rows: 0, columns: 0 };
  for (let position = 0, output = 0; position < sizes.batchSize * outHeight * outWidth; position++) {
    const image = Math.floor(position / (outHeight * outWidth));
    const top = (Math.floor(position / outWidth) % outHeight) * sizes.strideHeight - padInfo.top;
    const left = (position % outWidth) * sizes.strideWidth - padInfo.left;
    const [y, x] = [Math.max(0, top), Math.max(0, left)];
    window.rows = Math.min(inHeight, top + sizes.filterHeight) - y;
    window.columns = Math.min(inWidth, left + sizes.filterWidth) - x;
    const pixel = ((image * inHeight + y) * inWidth + x) * inChannels;
    for (let channel = 0; channel < inChannels; channel++, output++) {
      window.first = pixel + channel;
      visit(window, output);
    }
  }
}
