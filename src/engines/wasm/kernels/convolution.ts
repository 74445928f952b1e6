// Convolutions as the wasm backend computes them: channels come last.

import { type Convolution, type ConvolutionAttrs, sizesOf } from '../../convolution.js';

export type { Convolution, ConvolutionAttrs };

/**
 * @param inputShape `[batch, height, width, in]`
 * @param filterShape `[height, width, in, out]`
 * @throws Error for NCHW, which the wasm backend computes nowhere
 */
export function resolveConvolution(
  inputShape: readonly number[],
  filterShape: readonly number[],
  attrs: ConvolutionAttrs,
  depthwise = false,
): Convolution {
  if (attrs.dataFormat === 'NCHW') throw new Error('The wasm backend computes no convolution in NCHW.');
  return sizesOf(inputShape, filterShape, attrs, depthwise);
}
