// A convolution's gradient moved to where its input is, so that the reversed filter turns one into the other.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import { columnsToImages } from './columns.js';
import type { Convolution } from './convolution.js';
import type { Steps } from './steps.js';

/**
 * The gradient of every output pixel at the place of the last tap that it was computed from, zeros between and around.
 * A convolution of the result with the reversed filter, unpadded, is the gradient of the input.
 * @param dy `[batch, outHeight, outWidth, out]`
 * @returns `[batch, inHeight + effectiveFilterHeight - 1, inWidth + effectiveFilterWidth - 1, out]`
 */
export function spreadOutput(steps: Steps, dy: TensorInfo, sizes: Convolution): TensorInfo {
  const [above, beside] = [sizes.effectiveFilterHeight - 1, sizes.effectiveFilterWidth - 1];
  const spread: Convolution = {
    ...sizes,
    inHeight: sizes.inHeight + above,
    inWidth: sizes.inWidth + beside,
    inChannels: sizes.outChannels,
    filterHeight: 1,
    filterWidth: 1,
    padInfo: { ...sizes.padInfo, top: sizes.padInfo.top - above, left: sizes.padInfo.left - beside },
  };
  const shape = [sizes.batchSize, spread.inHeight, spread.inWidth, spread.inChannels];
  return steps.write(shape, [dy], (target, gradient) => columnsToImages(gradient, target, spread));
}
