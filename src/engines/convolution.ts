// The sizes of a convolution, out of the attributes that tfjs gives to kernels and gradients.

import type { backend_util, NamedAttrMap } from '@tensorflow/tfjs-core';
import { attributesOf } from './attributes.js';
import { tf } from './tfjs.js';

/** Sizes of a convolution: tfjs' own record of them. */
export type Convolution = backend_util.Conv2DInfo;

/** `[batch, height, width, channels]` of images, `[height, width, in, out]` of filters. */
export type Shape4D = [number, number, number, number];

/** Attributes that plain and depthwise convolutions and their gradients share. */
interface ConvolutionAttrs {
  readonly strides: number | [number, number];
  readonly dilations?: number | [number, number];
  readonly pad: Parameters<typeof tf.backend_util.computeConv2DInfo>[4];
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly dataFormat?: 'NHWC' | 'NCHW';
}

/** What a convolution works on. */
export interface ConvolutionShapes {
  /** `[batch, height, width, in]` */
  readonly input: readonly number[];
  /** `[height, width, in, out]` */
  readonly filter: readonly number[];
  readonly isDepthwise: boolean;
}

/** @param attrs of a kernel Conv2D or DepthwiseConv2dNative, or of one of their gradients */
export function sizesOf(
  { input, filter, isDepthwise }: ConvolutionShapes,
  attrs: NamedAttrMap | undefined,
): Convolution {
  const { strides, dilations, pad, dimRoundingMode, dataFormat } = attributesOf<ConvolutionAttrs>(attrs);
  return tf.backend_util.computeConv2DInfo(
    shape4D(input),
    shape4D(filter),
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    isDepthwise,
    dataFormat === 'NCHW' ? 'channelsFirst' : 'channelsLast',
  );
}

/** The shape of a tensor that has to have four dimensions. */
export function shape4D([a, b, c, d, ...more]: readonly number[]): Shape4D {
  if (a === undefined || b === undefined || c === undefined || d === undefined || more.length > 0) {
    throw new Error('Expected a tensor of four dimensions.');
  }
  return [a, b, c, d];
}
