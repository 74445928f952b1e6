// The sizes of a convolution, out of the attributes that tfjs gives to kernels and gradients.

import { backend_util } from '@tensorflow/tfjs-core';

/** Sizes of a convolution: tfjs' own record of them. */
export type Convolution = backend_util.Conv2DInfo;

type Shape4D = [number, number, number, number];

/** Attributes that plain and depthwise convolutions and their gradients share. */
export interface ConvolutionAttrs {
  readonly strides: number | [number, number];
  readonly dilations?: number | [number, number];
  readonly pad: Parameters<typeof backend_util.computeConv2DInfo>[4];
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly dataFormat?: 'NHWC' | 'NCHW';
}

/**
 * @param inputShape `[batch, height, width, in]`
 * @param filterShape `[height, width, in, out]`
 */
export function sizesOf(
  inputShape: readonly number[],
  filterShape: readonly number[],
  attrs: ConvolutionAttrs,
  depthwise: boolean,
): Convolution {
  return backend_util.computeConv2DInfo(
    inputShape as Shape4D,
    filterShape as Shape4D,
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
    attrs.dimRoundingMode,
    depthwise,
    attrs.dataFormat === 'NCHW' ? 'channelsFirst' : 'channelsLast',
  );
}
