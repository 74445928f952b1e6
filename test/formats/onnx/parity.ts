// Runs one network in tfjs and in ONNX Runtime and compares what comes out.

import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { compileOnnx } from '../../../src/formats/onnx/compile.js';
import { openSession } from '../../../src/inference/session.js';
import { networkOf, randomNumbers } from '../../helpers/tfjs-network.js';

export type Build = (input: layers.SymbolicTensor) => layers.SymbolicTensor;

/** Layers one after the other. */
export const chain =
  (...parts: { apply(x: layers.SymbolicTensor): unknown }[]): Build =>
  x =>
    parts.reduce((value, layer) => layer.apply(value) as layers.SymbolicTensor, x);

/** Asserts that both give the same numbers (1e-4) for `build` on a batch of `inputShape` [height, width, channels]. */
export async function assertParity(
  build: Build,
  inputShape: readonly [number, number, number],
  declaredShape: readonly (number | null)[] = inputShape,
): Promise<void> {
  const input = layers.input({ shape: [...declaredShape] });
  const model = layers.model({ inputs: input, outputs: build(input) });
  const network = networkOf(model);
  const random = randomNumbers(7);
  const shape = [2, ...inputShape] as [number, number, number, number];
  const data = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => 6 * random());
  const expected = model.predict(tf.tensor(data, shape)) as tf.Tensor;
  const session = await openSession(compileOnnx(network), { threads: 1 });
  const output = await session.run(data, shape);
  await session.release();
  assert.deepEqual(output.shape, expected.shape);
  assertClose(output.data, expected.dataSync(), 1e-4);
}

/** Largest difference, relative to the largest expected number where that exceeds 1. */
export function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  assert.equal(actual.length, expected.length);
  const scale = Math.max(
    1,
    Array.from(expected).reduce((most, value) => Math.max(most, Math.abs(value)), 0),
  );
  const worst = Array.from(expected).reduce(
    (most, value, i) => Math.max(most, Math.abs(value - actual[i]!)),
    0,
  );
  assert.ok(worst <= tolerance * scale, `differs by ${worst}, largest value ${scale}`);
}
