// Sums over the leading axes, as in the gradient of every bias and scale. The backend turns the whole tensor first.

import { type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { runSteps } from './steps.js';

interface SumAttrs {
  readonly axis: number | number[] | undefined;
  readonly keepDims?: boolean;
}

/** @param original the backend's own kernel, for all other axes and types */
export function sum(original: KernelFunc): KernelFunc {
  return call => {
    const { x } = call.inputs as { x: TensorInfo };
    const { axis, keepDims } = call.attrs as unknown as SumAttrs;
    const axes = util.parseAxisParam(axis ?? x.shape.map((_, index) => index), x.shape);
    const isLeading = axes.length < x.shape.length && axes.every((each, index) => each === index);
    if (!isLeading || x.dtype !== 'float32') return original(call);
    const rest = x.shape.slice(axes.length);
    const shape = keepDims ? [...axes.map(() => 1), ...rest] : rest;
    return runSteps(call.backend, steps =>
      steps.write(shape, [x], (target, source) => target.set(sumRows(source!, target.length))),
    );
  };
}

/** In double precision: a feature map has hundreds of thousands of rows. */
function sumRows(source: Float32Array, width: number): Float64Array {
  const sums = new Float64Array(width);
  for (let row = 0; row < source.length; row += width) {
    for (let column = 0; column < width; column++) sums[column]! += source[row + column]!;
  }
  return sums;
}
