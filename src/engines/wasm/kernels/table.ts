// The kernels that the wasm backend lacks, or computes slowly or wrongly, and what replaces them: a kernel is one row.

import { getKernel, type KernelFunc, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core';
import { batchMatMul } from './batch-mat-mul.js';
import { conv2dBackpropFilter } from './conv2d-backprop-filter.js';
import { conv2dBackpropInput } from './conv2d-backprop-input.js';
import { depthwiseBackpropFilter } from './depthwise-backprop-filter.js';
import { depthwiseBackpropInput } from './depthwise-backprop-input.js';
import { identity } from './identity.js';
import { maxPoolGrad } from './max-pool-grad.js';
import { sum } from './sum.js';
import { tile } from './tile.js';

/** Missing kernels. */
const added: Readonly<Record<string, KernelFunc>> = {
  Conv2DBackpropFilter: conv2dBackpropFilter,
  DepthwiseConv2dNativeBackpropFilter: depthwiseBackpropFilter,
  DepthwiseConv2dNativeBackpropInput: depthwiseBackpropInput,
};

/** Slow or wrong kernels; each replacement may fall back on the original. */
const replaced: Readonly<Record<string, (original: KernelFunc) => KernelFunc>> = {
  BatchMatMul: batchMatMul,
  Conv2DBackpropInput: () => conv2dBackpropInput,
  Identity: () => identity,
  MaxPoolGrad: () => maxPoolGrad,
  Sum: sum,
  Tile: tile,
};

let registered = false;

/** Teaches the wasm backend to train. To be called before the backend starts; a second call does nothing. */
export function registerWasmKernels(): void {
  if (registered) return;
  registered = true;
  for (const [kernelName, kernelFunc] of Object.entries(added)) {
    registerKernel({ kernelName, backendName: 'wasm', kernelFunc });
  }
  for (const [kernelName, replace] of Object.entries(replaced)) {
    const original = getKernel(kernelName, 'wasm');
    if (original === undefined) throw new Error(`The wasm backend has no kernel ${kernelName} to replace`);
    unregisterKernel(kernelName, 'wasm');
    registerKernel({ ...original, kernelFunc: replace(original.kernelFunc) });
  }
}
