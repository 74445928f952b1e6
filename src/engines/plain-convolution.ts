// Convolutions as plain ones, of stride 1, without dilation and padding: what an engine lacks, in terms of what it has.
// The padding is laid around the image, zeros between the taps of the filter, and every stride-th output is taken.

import type { Rank, Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { type Convolution, shape4D } from './convolution.js';
import { tf } from './tfjs.js';

type Spacing = readonly [height: number, width: number];

/**
 * Whether TensorFlow needs the plain form: for dilation, which it does not differentiate, and for depthwise
 * convolutions whose strides differ, which it does not compute.
 * @throws Error where it would be needed in NCHW: what is below knows channels last only
 */
export function needsPlainForm(sizes: Convolution, isDepthwise: boolean): boolean {
  const { dilationHeight, dilationWidth, strideHeight, strideWidth, dataFormat } = sizes;
  const isDilated = dilationHeight !== 1 || dilationWidth !== 1;
  if (!isDilated && !(isDepthwise && strideHeight !== strideWidth)) return false;
  if (dataFormat !== 'channelsLast') throw new Error('Such a convolution is not computed in NCHW.');
  return true;
}

/** `[batch, height, width, in]` with the padding around it. */
export function layPadding(image: Tensor, { padInfo: { top, bottom, left, right } }: Convolution): Tensor4D {
  return tf.pad(to4D(image), [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ]);
}

/** The inverse of `layPadding`. */
export function takeOffPadding(image: Tensor, sizes: Convolution): Tensor {
  const { padInfo, inShape } = sizes;
  return tf.slice(image, [0, padInfo.top, padInfo.left, 0], [...inShape]);
}

/** The filter with zeros between its taps: `[1 + (height - 1) x dilation, ...]`. */
export function tapsToPlain(filter: Tensor, { dilationHeight, dilationWidth }: Convolution): Tensor4D {
  const [height, width, ...channels] = shape4D(filter.shape);
  const flat = tf.reshape(filter, [1, height, width, channels[0] * channels[1]]);
  const plain = putZerosBetween(flat, [dilationHeight, dilationWidth]);
  const [, plainHeight, plainWidth] = plain.shape;
  return tf.reshape(plain, [plainHeight, plainWidth, ...channels]);
}

/** The inverse of `tapsToPlain`. */
export function tapsFromPlain(plain: Tensor, filterShape: number[], sizes: Convolution): Tensor {
  const step = [sizes.dilationHeight, sizes.dilationWidth, 1, 1];
  return tf.reshape(tf.stridedSlice(plain, [0, 0, 0, 0], plain.shape, step), filterShape);
}

/** Every stride-th of the outputs that the plain convolution gives. */
export function outputsFromPlain(all: Tensor, { strideHeight, strideWidth }: Convolution): Tensor {
  return tf.stridedSlice(all, [0, 0, 0, 0], all.shape, [1, strideHeight, strideWidth, 1]);
}

/** The inverse of `outputsFromPlain`: zeros for the outputs that were not taken. */
export function outputsToPlain(taken: Tensor, sizes: Convolution): Tensor {
  const { inHeight, inWidth, effectiveFilterHeight, effectiveFilterWidth, padInfo } = sizes;
  const plain = putZerosBetween(taken, [sizes.strideHeight, sizes.strideWidth]);
  const [, height, width] = plain.shape;
  const below = inHeight + padInfo.top + padInfo.bottom - effectiveFilterHeight + 1 - height;
  const beside = inWidth + padInfo.left + padInfo.right - effectiveFilterWidth + 1 - width;
  return tf.pad(plain, [
    [0, 0],
    [0, below],
    [0, beside],
    [0, 0],
  ]);
}

/** `[n, height, width, channels]` -> `[n, 1 + (height - 1) x spacing, 1 + (width - 1) x spacing, channels]` */
function putZerosBetween(x: Tensor, [rows, columns]: Spacing): Tensor4D {
  const [n, height, width, channels] = shape4D(x.shape);
  const apart = tf.reshape(x, [n, height, 1, width, channels]);
  const plain = tf.pad(apart, [
    [0, 0],
    [0, 0],
    [0, rows - 1],
    [0, 0],
    [0, (columns - 1) * channels],
  ]);
  return tf.slice(
    tf.reshape<Rank.R4>(plain, [n, height * rows, width * columns, channels]),
    [0, 0, 0, 0],
    [n, 1 + (height - 1) * rows, 1 + (width - 1) * columns, channels],
  );
}

function to4D(x: Tensor): Tensor4D {
  return tf.reshape(x, shape4D(x.shape));
}
