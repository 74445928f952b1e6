// Kernels that copy and add: clones, repetitions, sums over leading axes, which the backend has, but slow; and the
// gradients of relu and relu6.

import { tf } from '../../tfjs.js';
import { kernelOf } from './steps.js';

/** A clone shares its memory, as a reshape does: no kernel writes into its inputs. The backend's own copies it. */
export const identity = kernelOf<'x', object>((steps, { x }) => steps.share(x));

/** The gradient of relu: `dy` where `x` is above 0, else 0. */
export const reluGrad = kernelOf<'dy' | 'x', object>((steps, { dy, x }) =>
  steps.write(x.shape, dy, (target, gradient) => {
    const values = steps.view(x);
    // Multiplied, as in relu6Grad: a branch that cannot be foreseen takes four times as long.
    for (let i = 0; i < target.length; i++) target[i] = gradient[i]! * Number(values[i]! > 0);
  }),
);

/** The gradient of relu6: `dy` where `x` is between 0 and 6, else 0. */
export const relu6Grad = kernelOf<'dy' | 'x', object>((steps, { dy, x }) =>
  steps.write(x.shape, dy, (target, gradient) => {
    const values = steps.view(x);
    for (let i = 0; i < target.length; i++) {
      const value = values[i]!;
      target[i] = gradient[i]! * (Number(value > 0) & Number(value < 6));
    }
  }),
);

interface SumAttrs {
  readonly axis: number | number[] | undefined;
  readonly keepDims?: boolean;
}

/**
 * Sums over the leading axes, as in the gradient of every bias and scale, where the backend turns the whole tensor
 * first. All other axes and types are left to it.
 */
export const sum = kernelOf<'x', SumAttrs>((steps, { x }, { attrs: { axis, keepDims }, original }) => {
  const axes = tf.util.parseAxisParam(axis ?? x.shape.map((_, index) => index), x.shape);
  const isLeading = axes.length < x.shape.length && axes.every((each, index) => each === index);
  if (!isLeading || x.dtype !== 'float32') return original();
  const rest = x.shape.slice(axes.length);
  const shape = keepDims ? [...axes.map(() => 1), ...rest] : rest;
  return steps.write(shape, x, (target, source) => target.set(sumRows(source, target.length)));
});

/** In double precision: a feature map has hundreds of thousands of rows. */
function sumRows(source: Float32Array, width: number): Float64Array {
  const sums = new Float64Array(width);
  for (let row = 0; row < source.length; row += width) {
    for (let column = 0; column < width; column++) sums[column]! += source[row + column]!;
  }
  return sums;
}

/** An axis: values along it, how far apart, and how often they are repeated. */
interface Axis {
  readonly size: number;
  readonly stride: number;
  readonly repetitions: number;
}

/**
 * A tensor repeated along its axes, by doubling copies; the backend's own computes the place of every single number.
 * The gradient of batch normalization repeats its scale over all pixels. Other types than floats are left to it.
 */
export const tile = kernelOf<'x', { readonly reps: number[] }>((steps, { x }, { attrs, original }) => {
  if (x.dtype !== 'float32' || x.shape.length === 0) return original();
  const strides = [...tf.util.computeStrides(x.shape), 1];
  const axes = x.shape.map((size, axis): Axis => {
    return { size, stride: strides[axis] ?? 1, repetitions: attrs.reps[axis] ?? 1 };
  });
  const shape = axes.map(({ size, repetitions }) => size * repetitions);
  return steps.write(shape, x, (target, source) => {
    repeatAxes(axes, source, { target, at: 0 });
  });
});

/**
 * Writes what lies under the first of `axes` once, then copies it until it is there as often as it should be.
 * @returns the end of what was written
 */
function repeatAxes(
  [axis, ...inner]: readonly Axis[],
  source: Float32Array,
  { target, at }: { readonly target: Float32Array; readonly at: number },
): number {
  if (axis === undefined) return at;
  const { size, stride, repetitions } = axis;
  let end = at;
  if (inner.length === 0) {
    target.set(source.subarray(0, size), at);
    end += size;
  } else {
    for (let index = 0; index < size; index++) {
      end = repeatAxes(inner, source.subarray(index * stride), { target, at: end });
    }
  }
  const last = at + (end - at) * repetitions;
  while (end < last) {
    const length = Math.min(end - at, last - end);
    target.copyWithin(end, at, at + length);
    end += length;
  }
  return end;
}
