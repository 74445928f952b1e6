// The gradient of max pooling on processors. TensorFlow's own goes through every window anew, in one sixth of a ConvNet's
// training time; oneDNN's, which Keras gets where it compiles a graph, knows from the pooling where each maximum lay. By
// name it is reached here as well: the pooling is done again, and both together take an eighth of the time.

import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import { attributesOf } from '../attributes.js';
import { tf } from '../tfjs.js';
import type { TensorflowBackend } from './backend.js';

interface Attributes {
  readonly filterSize: number | [number, number];
  readonly strides: number | [number, number];
  readonly pad: 'valid' | 'same' | number;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil' | undefined;
}

/** The kernel that takes the place of `original`, which stays for GPUs and where oneDNN is not part of TensorFlow. */
export function quickenMaxPoolGrad(original: KernelFunc): KernelFunc {
  let isKnown = true;
  return call => {
    const backend = call.backend as TensorflowBackend;
    const { dy, input } = call.inputs;
    if (!isKnown || backend.isUsingGpuDevice || dy === undefined || input?.dtype !== 'float32')
      return original(call);
    const attributes = describe(backend, input, attributesOf<Attributes>(call.attrs));
    if (attributes === undefined) return original(call);
    let pooled: TensorInfo[];
    try {
      pooled = backend.executeMultipleOutputs('_MklNativeMaxPool', attributes, [input], 2);
    } catch {
      isKnown = false;
      return original(call);
    }
    const [output, places] = pooled;
    if (output === undefined || places === undefined) throw new Error('A pooling without its two results.');
    const gradient = backend.executeSingleOutput('_MklNativeMaxPoolGrad', attributes, [
      input,
      output,
      dy,
      places,
    ]);
    for (const { dataId } of pooled) backend.disposeData(dataId);
    return gradient;
  };
}

/** TensorFlow's attributes; undefined for a padding that it does not know by name. */
function describe(
  { binding }: TensorflowBackend,
  { shape }: TensorInfo,
  { filterSize, strides, pad, dimRoundingMode }: Attributes,
): object[] | undefined {
  const [batch, height, width, channels] = shape;
  if (batch === undefined || height === undefined || width === undefined || channels === undefined)
    return undefined;
  const size: [number, number, number, number] = [batch, height, width, channels];
  const pooling = tf.backend_util.computePool2DInfo(size, filterSize, strides, 1, pad, dimRoundingMode);
  const padding = pooling.padInfo.type;
  if (padding !== 'VALID' && padding !== 'SAME') return undefined;
  const { TF_ATTR_TYPE, TF_FLOAT, TF_ATTR_INT, TF_ATTR_STRING, TF_ATTR_BOOL } = binding;
  return [
    { name: 'T', type: TF_ATTR_TYPE, value: TF_FLOAT },
    { name: 'ksize', type: TF_ATTR_INT, value: [1, pooling.filterHeight, pooling.filterWidth, 1] },
    { name: 'strides', type: TF_ATTR_INT, value: [1, pooling.strideHeight, pooling.strideWidth, 1] },
    { name: 'padding', type: TF_ATTR_STRING, value: padding },
    { name: 'data_format', type: TF_ATTR_STRING, value: 'NHWC' },
    { name: 'workspace_enabled', type: TF_ATTR_BOOL, value: true },
    // Under this label kernels are registered that take tensors as they are.
    { name: '_kernel', type: TF_ATTR_STRING, value: 'MklNameChangeOp' },
  ];
}
