// The gradients of all operations, which tfjs-core leaves to tfjs-layers to register; those of convolutions that nobody
// registers or TensorFlow cannot compute: dilated ones, and depthwise ones whose strides differ; and quick ones of relu and relu6.

import { createRequire } from 'node:module';
import type { GradFunc, NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';
import { type Convolution, sizesOf } from './convolution.js';
import {
  layPadding,
  needsPlainForm,
  outputsToPlain,
  takeOffPadding,
  tapsFromPlain,
  tapsToPlain,
} from './plain-convolution.js';
import { tf } from './tfjs.js';

interface GradientKernels {
  readonly ofInput: string;
  readonly ofFilter: string;
  readonly isDepthwise: boolean;
}

/** Kernels of the gradients of a convolution, plain and depthwise. */
const convolutions: Readonly<Record<string, GradientKernels>> = {
  Conv2D: { ofInput: 'Conv2DBackpropInput', ofFilter: 'Conv2DBackpropFilter', isDepthwise: false },
  DepthwiseConv2dNative: {
    ofInput: 'DepthwiseConv2dNativeBackpropInput',
    ofFilter: 'DepthwiseConv2dNativeBackpropFilter',
    isDepthwise: true,
  },
};

/** The gradients that this file has registered. */
const own = new Set<GradFunc>();

/** Registers them. To be called after any import of a tfjs package, which registers the originals again. */
export function registerGradients(): void {
  // By `require`: an `import` of this package first searches its 1.2 MB for names, longer than it takes to run.
  createRequire(import.meta.url)('@tensorflow/tfjs-layers');
  registerActivations();
  for (const [kernelName, kernels] of Object.entries(convolutions)) {
    const original = tf.getGradient(kernelName);
    if (own.has(original.gradFunc)) continue;
    const gradFunc: GradFunc = (dy, saved, attrs) => {
      const [x, filter] = saved;
      if (x === undefined || filter === undefined || Array.isArray(dy)) throw new Error('No convolution.');
      const { isDepthwise } = kernels;
      const sizes = sizesOf({ input: x.shape, filter: filter.shape, isDepthwise }, attrs);
      return needsPlainForm(sizes, isDepthwise)
        ? plainGradient({ dy, x, filter, sizes }, kernels)
        : original.gradFunc(dy, saved, attrs);
    };
    own.add(gradFunc);
    tf.registerGradient({ ...original, gradFunc });
  }
}

/** Activations whose gradient both engines have a kernel for: one pass over memory instead of three or four. */
const activations: Readonly<Record<string, string>> = { Relu: 'ReluGrad', Relu6: 'Relu6Grad' };

function registerActivations(): void {
  for (const [kernelName, ofInput] of Object.entries(activations)) {
    const original = tf.getGradient(kernelName);
    if (own.has(original.gradFunc)) continue;
    const gradFunc: GradFunc = (dy, saved, attrs) => {
      // Other backends, on which somebody goes on with a model of ours, need not have it.
      if (tf.getKernel(ofInput, tf.getBackend()) === undefined) return original.gradFunc(dy, saved, attrs);
      const [x] = saved;
      if (x === undefined || Array.isArray(dy)) throw new Error('No activation.');
      return { x: () => tf.engine().runKernel(ofInput, { dy, x }) };
    };
    own.add(gradFunc);
    tf.registerGradient({ ...original, gradFunc });
  }
}

/** The gradient of the plain form, and back through what made it plain. */
function plainGradient(
  { dy, x, filter, sizes }: { dy: Tensor; x: Tensor; filter: Tensor; sizes: Convolution },
  { ofInput, ofFilter }: GradientKernels,
): ReturnType<GradFunc> {
  const run = (kernel: string, inputs: Record<string, Tensor>, attrs: NamedAttrMap): Tensor =>
    tf.engine().runKernel(kernel, inputs, { ...plainAttrs, ...attrs });
  const outputs = () => outputsToPlain(dy, sizes);
  return {
    x: () => {
      const inputShape = paddedShape(sizes);
      return takeOffPadding(
        run(ofInput, { dy: outputs(), filter: tapsToPlain(filter, sizes) }, { inputShape }),
        sizes,
      );
    },
    filter: () => {
      const filterShape = [sizes.effectiveFilterHeight, sizes.effectiveFilterWidth, ...filter.shape.slice(2)];
      const gradient = run(ofFilter, { x: layPadding(x, sizes), dy: outputs() }, { filterShape });
      return tapsFromPlain(gradient, filter.shape, sizes);
    },
  };
}

const plainAttrs: NamedAttrMap = { strides: [1, 1], dilations: [1, 1], pad: 'valid', dataFormat: 'NHWC' };

function paddedShape({ batchSize, inHeight, inWidth, inChannels, padInfo }: Convolution): number[] {
  const { top, bottom, left, right } = padInfo;
  return [batchSize, inHeight + top + bottom, inWidth + left + right, inChannels];
}
