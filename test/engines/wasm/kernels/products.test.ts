// Products of matrices on the wasm engine, against tfjs' plain JavaScript backend.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine } from '../../../../src/engines/start.js';
import { openGemm } from '../../../../src/engines/wasm/gemm.js';
import { multiplyBy } from '../../../../src/engines/wasm/kernels/steps.js';
import { assertClose, random, valuesOn } from '../../compare.js';

before(async () => {
  await startEngine('wasm');
});

/** `[batch, rows, inner, columns]` */
const shapes = [
  [[], 3, 5, 7],
  [[], 1, 300, 2],
  [[], 64, 2, 90],
  [[2], 3, 4, 5],
  [[2, 3], 4, 1, 3],
] as const;

for (const by of ['ONNX Runtime', 'the backend alone']) {
  test(`every combination of transposes and batches agrees with the JavaScript backend, multiplied by ${by}`, async () => {
    const gemm = await openGemm();
    assert.ok(gemm);
    multiplyBy(by === 'ONNX Runtime' ? gemm : undefined);
    await compareProducts();
    multiplyBy(gemm);
  });
}

async function compareProducts(): Promise<void> {
  for (const [batch, rows, inner, columns] of shapes) {
    for (const [transposeA, transposeB] of [
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ] as const) {
      const a = [...batch, ...(transposeA ? [inner, rows] : [rows, inner])];
      const b = [...batch, ...(transposeB ? [columns, inner] : [inner, columns])];
      const compute = () => [tf.matMul(random(a, 1), random(b, 2), transposeA, transposeB)];
      const [[actual], [expected]] = [await valuesOn('wasm', compute), await valuesOn('cpu', compute)];
      assertClose(actual!, expected!, 1e-5, JSON.stringify({ a, b, transposeA, transposeB }));
    }
  }
}

test('ONNX Runtime writes products into memory that it is given', async () => {
  const gemm = await openGemm();
  const product = new Float32Array(5).fill(9);
  const a = { values: Float32Array.of(1, 2, 3, 4, 5, 6), rows: 3, columns: 2, isTransposed: true };
  gemm?.(a, { values: Float32Array.of(1, 10, 100), rows: 3, columns: 1 }, product.subarray(1, 3));
  assert.deepEqual([...product], [9, 531, 642, 9, 9]);
});

test('a batch times one matrix broadcasts', async () => {
  const compute = () => [tf.matMul(random([4, 3, 5], 1), random([1, 5, 2], 2))];
  const [[actual], [expected]] = [await valuesOn('wasm', compute), await valuesOn('cpu', compute)];
  assertClose(actual!, expected!, 1e-5, 'broadcast');
});

test('kernels free what they make between', () => {
  const backend = tf.backend() as tf.KernelBackend & { numDataIds(): number };
  const before = [tf.memory().numTensors, backend.numDataIds()];
  tf.tidy(() => {
    const [x, filter] = [random([3, 40, 40, 3], 1), random([3, 3, 3, 4], 2)];
    const convolve = (a: tf.Tensor, b: tf.Tensor) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 2, 'same');
    tf.grads(convolve)([x, filter]);
    tf.matMul(random([2, 3, 4], 1), random([2, 5, 4], 2), false, true);
  });
  assert.deepEqual([tf.memory().numTensors, backend.numDataIds()], before);
});
