// The gradient of a depthwise convolution's filter. Where TensorFlow uses oneDNN, its kernel takes twice the time of
// TensorFlow's own for filters larger than 3x3. oneDNN leaves paddings that are given as numbers alone: that is how
// TensorFlow's own kernel is reached.

import type { KernelFunc } from '@tensorflow/tfjs-core';
import { attributesOf } from '../attributes.js';
import { shape4D, sizesOf } from '../convolution.js';
import { tf } from '../tfjs.js';
import type { TensorflowBackend } from './backend.js';

/** Up to here oneDNN's is the quicker one. */
const largestOfOneDnn = 3;

/** The kernel that takes the place of `original`, which stays for GPUs and small filters. */
export function quickenDepthwiseFilterGrad(original: KernelFunc): KernelFunc {
  return call => {
    const backend = call.backend as TensorflowBackend;
    const { x, dy } = call.inputs;
    const { filterShape } = attributesOf<{ readonly filterShape: readonly number[] }>(call.attrs);
    const [height, width, channels, multiplier] = shape4D(filterShape);
    const isLarge = height > largestOfOneDnn && width > largestOfOneDnn;
    if (!isLarge || backend.isUsingGpuDevice || x === undefined || dy === undefined) return original(call);
    const filter = [height, width, channels, multiplier];
    const { padInfo, strideHeight, strideWidth, dataFormat } = sizesOf(
      { input: x.shape, filter, isDepthwise: true },
      call.attrs,
    );
    if (dataFormat !== 'channelsLast') return original(call);
    const { top, bottom, left, right } = padInfo;
    const { TF_ATTR_TYPE, TF_FLOAT, TF_ATTR_INT, TF_ATTR_STRING } = backend.binding;
    const attributes = [
      { name: 'T', type: TF_ATTR_TYPE, value: TF_FLOAT },
      { name: 'strides', type: TF_ATTR_INT, value: [1, strideHeight, strideWidth, 1] },
      { name: 'padding', type: TF_ATTR_STRING, value: 'EXPLICIT' },
      { name: 'explicit_paddings', type: TF_ATTR_INT, value: [0, 0, top, bottom, left, right, 0, 0] },
      { name: 'data_format', type: TF_ATTR_STRING, value: 'NHWC' },
      { name: 'dilations', type: TF_ATTR_INT, value: [1, 1, 1, 1] },
    ];
    const filterSizes = tf.tensor1d(filter, 'int32');
    const gradient = backend.executeSingleOutput('DepthwiseConv2dNativeBackpropFilter', attributes, [
      x,
      filterSizes,
      dy,
    ]);
    filterSizes.dispose();
    return gradient;
  };
}
