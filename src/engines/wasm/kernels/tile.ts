// A tensor repeated along its axes, by doubling copies; the backend's own computes the place of every single number.
// The gradient of batch normalisation repeats its scale over all pixels.

import { type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { runSteps } from './steps.js';

/** @param original the backend's own kernel, for numbers of other types */
export function tile(original: KernelFunc): KernelFunc {
  return call => {
    const { x } = call.inputs as { x: TensorInfo };
    const { reps } = call.attrs as unknown as { reps: number[] };
    if (x.dtype !== 'float32' || x.shape.length === 0) return original(call);
    const shape = x.shape.map((size, axis) => size * reps[axis]!);
    return runSteps(call.backend, steps =>
      steps.write(shape, [x], (target, source) => {
        repeatAxis(
          { target, source: source!, shape: x.shape, reps, strides: [...util.computeStrides(x.shape), 1] },
          0,
          0,
          0,
        );
      }),
    );
  };
}

interface Repetition {
  readonly target: Float32Array;
  readonly source: Float32Array;
  readonly shape: readonly number[];
  readonly reps: readonly number[];
  readonly strides: readonly number[];
}

/**
 * Writes what lies under one axis once, then copies it until it is there `reps` times.
 * @returns the end of what was written
 */
function repeatAxis(plan: Repetition, axis: number, from: number, to: number): number {
  const { target, source, shape, reps, strides } = plan;
  let end = to;
  if (axis === shape.length - 1) {
    target.set(source.subarray(from, from + shape[axis]!), to);
    end += shape[axis]!;
  } else {
    for (let index = 0; index < shape[axis]!; index++) {
      end = repeatAxis(plan, axis + 1, from + index * strides[axis]!, end);
    }
  }
  const whole = to + (end - to) * reps[axis]!;
  while (end < whole) {
    const length = Math.min(end - to, whole - end);
    target.copyWithin(end, to, to + length);
    end += length;
  }
  return end;
}
