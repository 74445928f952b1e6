// Values of tensors, and whether they agree.
import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';

/** Seeded normal values. tfjs takes a seed of 0 for none. */
export const random = (shape: number[], seed: number): tf.Tensor =>
  tf.randomNormal(shape, 0, 1, 'float32', seed);

/** Runs `compute` on a backend and returns to the one before. The tensors are freed. */
export async function valuesOn(backend: string, compute: () => tf.Tensor[]): Promise<Float32Array[]> {
  const before = tf.getBackend();
  await tf.setBackend(backend);
  const tensors = tf.tidy(compute);
  const values = tensors.map(each => each.dataSync<'float32'>().slice());
  tf.dispose(tensors);
  await tf.setBackend(before);
  return values;
}

/** The largest difference, in parts of the largest expected value. */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  of: string,
): void {
  assert.equal(actual.length, expected.length, of);
  let [scale, worst] = [1, 0];
  for (let index = 0; index < expected.length; index++) {
    scale = Math.max(scale, Math.abs(expected[index]!));
    const difference = Math.abs(actual[index]! - expected[index]!);
    worst = Math.max(worst, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
  }
  assert.ok(worst / scale <= tolerance, `${of}: differs by ${worst} where the largest is ${scale}`);
}
