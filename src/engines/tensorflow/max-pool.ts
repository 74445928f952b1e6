// Max pooling on processors. TensorFlow's own gradient goes through every window anew, in one sixth of a ConvNet's
// training time; oneDNN's, which Keras gets where it compiles a graph, is told by the pooling where each maximum lay.
// By name both are reached here as well.

import type { KernelFunc } from '@tensorflow/tfjs-core';
import { attributesOf } from '../attributes.js';
import { maxPoolGradKernel, maxPoolKernel, type Pooling, registerMaxPoolGradient } from '../max-pool.js';
import { tf } from '../tfjs.js';
import type { TensorflowBackend } from './backend.js';

/** Registers both, where oneDNN is part of TensorFlow. */
export function registerMaxPool(backendName: string): void {
  if (tf.getKernel(maxPoolKernel, backendName) !== undefined) return;
  tf.registerKernel({ kernelName: maxPoolKernel, backendName, kernelFunc: maxPool });
  tf.registerKernel({ kernelName: maxPoolGradKernel, backendName, kernelFunc: maxPoolGrad });
  try {
    const pooling: Pooling = { size: [1, 1], strides: [1, 1], pad: 'valid' };
    // Whether oneDNN's operations are there.
    tf.tidy(() => void tf.engine().runKernel(maxPoolKernel, { x: tf.zeros([1, 1, 1, 1]) }, { ...pooling }));
    registerMaxPoolGradient();
  } catch {
    for (const kernelName of [maxPoolKernel, maxPoolGradKernel]) tf.unregisterKernel(kernelName, backendName);
  }
}

const maxPool: KernelFunc = ({ inputs: { x }, attrs, backend }) => {
  const tensorflow = backend as TensorflowBackend;
  if (x === undefined) throw new Error('A pooling lacks its input.');
  const attributes = describe(tensorflow, attributesOf<Pooling>(attrs));
  return tensorflow.executeMultipleOutputs('_MklNativeMaxPool', attributes, [x], 2);
};

const maxPoolGrad: KernelFunc = ({ inputs: { x, pooled, dy, places }, attrs, backend }) => {
  const tensorflow = backend as TensorflowBackend;
  if (!x || !pooled || !dy || !places) throw new Error('The gradient of a pooling lacks an input.');
  const attributes = describe(tensorflow, attributesOf<Pooling>(attrs));
  return tensorflow.executeSingleOutput('_MklNativeMaxPoolGrad', attributes, [x, pooled, dy, places]);
};

function describe({ binding }: TensorflowBackend, { size, strides, pad }: Pooling): object[] {
  const { TF_ATTR_TYPE, TF_FLOAT, TF_ATTR_INT, TF_ATTR_STRING, TF_ATTR_BOOL } = binding;
  return [
    { name: 'T', type: TF_ATTR_TYPE, value: TF_FLOAT },
    { name: 'ksize', type: TF_ATTR_INT, value: [1, ...size, 1] },
    { name: 'strides', type: TF_ATTR_INT, value: [1, ...strides, 1] },
    { name: 'padding', type: TF_ATTR_STRING, value: pad.toUpperCase() },
    { name: 'data_format', type: TF_ATTR_STRING, value: 'NHWC' },
    { name: 'workspace_enabled', type: TF_ATTR_BOOL, value: true },
    // Under this label kernels are registered that take tensors as they are.
    { name: '_kernel', type: TF_ATTR_STRING, value: 'MklNameChangeOp' },
  ];
}
