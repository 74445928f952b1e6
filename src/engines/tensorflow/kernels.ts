// Kernels that TensorFlow lacks, computes slowly, or has under another name than tfjs: what replaces or adds them.

import type { KernelFunc, Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { sizesOf } from '../convolution.js';
import { layPadding, needsPlainForm, outputsFromPlain, tapsToPlain } from '../plain-convolution.js';
import { tf } from '../tfjs.js';
import { quickenDepthwiseFilterGrad } from './depthwise-filter-grad.js';

const backendName = 'tensorflow';

/** Runs an operation of TensorFlow itself on floats. */
export type RunOperation = (name: string, inputs: readonly TensorInfo[]) => TensorInfo;

/** To be called once, after the engine's own kernels were registered. */
export function completeKernels(run: RunOperation): void {
  replaceKernel('DepthwiseConv2dNative', completeDepthwise);
  replaceKernel('DepthwiseConv2dNativeBackpropFilter', quickenDepthwiseFilterGrad);
  for (const kernelName of ['ReluGrad', 'Relu6Grad']) {
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs: { dy, x } }) => run(kernelName, dy && x ? [dy, x] : []),
    });
  }
}

function replaceKernel(kernelName: string, replace: (original: KernelFunc) => KernelFunc): void {
  const original = tf.getKernel(kernelName, backendName);
  tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel({ ...original, kernelFunc: replace(original.kernelFunc) });
}

/** Depthwise convolutions that are dilated or whose strides differ go through a plain one. */
function completeDepthwise(original: KernelFunc): KernelFunc {
  return call => {
    const { x, filter } = call.inputs as { x: Tensor; filter: Tensor };
    const sizes = sizesOf({ input: x.shape, filter: filter.shape, isDepthwise: true }, call.attrs);
    if (!needsPlainForm(sizes, true)) return original(call);
    return tf.tidy(() => {
      const all = tf.depthwiseConv2d(layPadding(x, sizes), tapsToPlain(filter, sizes), 1, 'valid');
      return outputsFromPlain(all, sizes);
    });
  };
}
