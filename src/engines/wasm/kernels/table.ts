// The kernels that the wasm backend lacks, or computes slowly or wrongly, and what replaces them: a kernel is one row.

import { tf } from '../../tfjs.js';
import { avgPoolGrad } from './avg-pool-grad.js';
import { convolution } from './convolution.js';
import {
  conv2dBackpropFilter,
  conv2dBackpropInput,
  depthwiseBackpropFilter,
  depthwiseBackpropInput,
} from './convolution-gradients.js';
import { batchMatMul } from './mat-mul.js';
import { maxPoolGrad } from './max-pool-grad.js';
import { identity, relu6Grad, reluGrad, sum, tile } from './simple-kernels.js';
import { spacedConvolution } from './spaced-convolution.js';
import type { Replacement } from './steps.js';

const replacements: Readonly<Record<string, Replacement>> = {
  AvgPoolGrad: avgPoolGrad,
  BatchMatMul: batchMatMul,
  Conv2D: convolution,
  Conv2DBackpropFilter: conv2dBackpropFilter,
  Conv2DBackpropInput: conv2dBackpropInput,
  DepthwiseConv2dNative: spacedConvolution(true),
  DepthwiseConv2dNativeBackpropFilter: depthwiseBackpropFilter,
  DepthwiseConv2dNativeBackpropInput: depthwiseBackpropInput,
  FusedConv2D: convolution,
  FusedDepthwiseConv2D: spacedConvolution(true),
  Identity: identity,
  MaxPoolGrad: maxPoolGrad,
  Relu6Grad: relu6Grad,
  ReluGrad: reluGrad,
  Sum: sum,
  Tile: tile,
};

let registered = false;

/** Teaches the wasm backend to train. To be called before the backend starts; a second call does nothing. */
export function registerWasmKernels(): void {
  if (registered) return;
  registered = true;
  const backendName = 'wasm';
  for (const [kernelName, replace] of Object.entries(replacements)) {
    const original = tf.getKernel(kernelName, backendName);
    if (original !== undefined) tf.unregisterKernel(kernelName, backendName);
    tf.registerKernel({ ...original, kernelName, backendName, kernelFunc: replace(original?.kernelFunc) });
  }
}
