// Depthwise convolutions that TensorFlow lacks, dilated ones and those whose strides differ, through a plain one.

import {
  depthwiseConv2d,
  getKernel,
  type KernelFunc,
  registerKernel,
  type Tensor,
  tidy,
  unregisterKernel,
} from '@tensorflow/tfjs-core';
import { sizesOf } from '../convolution.js';
import { layPadding, needsPlainForm, outputsFromPlain, tapsToPlain } from '../plain-convolution.js';

const kernelName = 'DepthwiseConv2dNative';
const backendName = 'tensorflow';

/** Replaces the engine's kernel, which goes on computing what it can. To be called once, after it was registered. */
export function completeDepthwise(): void {
  const original = getKernel(kernelName, backendName);
  unregisterKernel(kernelName, backendName);
  registerKernel({ ...original, kernelFunc: complete(original.kernelFunc) });
}

function complete(original: KernelFunc): KernelFunc {
  return call => {
    const { x, filter } = call.inputs as { x: Tensor; filter: Tensor };
    const sizes = sizesOf({ input: x.shape, filter: filter.shape, isDepthwise: true }, call.attrs);
    if (!needsPlainForm(sizes, true)) return original(call);
    return tidy(() => {
      const all = depthwiseConv2d(layPadding(x, sizes), tapsToPlain(filter, sizes), 1, 'valid');
      return outputsFromPlain(all, sizes);
    });
  };
}
