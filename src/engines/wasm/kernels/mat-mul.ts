// Products of matrices. Where they are worth it ONNX Runtime computes them. The backend computes a transposed or batched
// product by a naive loop, ten times slower than one plain product, and packs the right operand anew whenever it has
// changed, as weights do in every step. So every product of its own is made a plain one, of the operands or of their
// transposes, whichever moves fewer numbers.

import type { TensorInfo } from '@tensorflow/tfjs-core';
import { tf } from '../../tfjs.js';
import { kernelOf, matrixShape, runSteps, type Steps } from './steps.js';

/** Which operands are to be transposed. */
export interface Transposes {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/** Two matrices. */
export interface Operands {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
}

/** What packing one number costs, in the time of transposing one (measured: 5 to 12 ns against 3.5). */
const packingCost = 2;

/** The backend's own where the batches differ. */
export const batchMatMul = kernelOf<'a' | 'b', Transposes>((steps, { a, b }, { attrs, original }) => {
  const batches = a.shape.slice(0, -2);
  const batch = tf.util.sizeFromShape(batches);
  if (!tf.util.arraysEqual(batches, b.shape.slice(0, -2))) return original();
  const operands = { a: flatten(steps, a), b: flatten(steps, b) };
  const shape = [...batches, ...productShape({ a, b }, attrs)];
  if (batch === 1) return steps.reshape(multiply(steps, operands, attrs), shape);
  const [rowsA] = matrixShape(a);
  const [rowsB] = matrixShape(b);
  const products = Array.from({ length: batch }, (_, index) => {
    // Freed at once, so that a large batch does not hold all its transposes.
    const product = runSteps(steps.backend, inner => {
      const matrixA = inner.rows(operands.a, index * rowsA, rowsA);
      return multiply(inner, { a: matrixA, b: inner.rows(operands.b, index * rowsB, rowsB) }, attrs);
    });
    return steps.keep(product);
  });
  return steps.reshape(steps.concat(products, 0), shape);
});

/** All matrices of a batch below each other. */
function flatten(steps: Steps, x: TensorInfo): TensorInfo {
  const [, columns] = matrixShape(x);
  return steps.reshape(x, [tf.util.sizeFromShape(x.shape.slice(0, -1)), columns]);
}

/** The product of two matrices, or of their transposes. */
export function multiply(steps: Steps, { a, b }: Operands, transposes: Transposes = {}): TensorInfo {
  const { transposeA = false, transposeB = false } = transposes;
  const shape = productShape({ a, b }, transposes);
  const [rowsA, columnsA] = matrixShape(a);
  const gemm = steps.gemmFor(transposeA ? rowsA : columnsA);
  if (gemm !== undefined) {
    return steps.write(shape, a, product => {
      gemm(steps.matrix(a, transposeA), steps.matrix(b, transposeB), product);
    });
  }
  const [sizeA, sizeB] = [tf.util.sizeFromShape(a.shape), tf.util.sizeFromShape(b.shape)];
  const sizeOfResult = tf.util.sizeFromShape(shape);
  const direct = (transposeA ? sizeA : 0) + (transposeB ? sizeB : 0) + packingCost * sizeB;
  const turned = (transposeA ? 0 : sizeA) + (transposeB ? 0 : sizeB) + packingCost * sizeA + sizeOfResult;
  const turn = (x: TensorInfo, really = true) => (really ? steps.transpose(x, [1, 0]) : x);
  if (direct <= turned) return steps.product(turn(a, transposeA), turn(b, transposeB));
  return turn(steps.product(turn(b, !transposeB), turn(a, !transposeA)));
}

function productShape({ a, b }: Operands, { transposeA, transposeB }: Transposes): [number, number] {
  const [rowsA, columnsA] = matrixShape(a);
  const [rowsB, columnsB] = matrixShape(b);
  return [transposeA ? columnsA : rowsA, transposeB ? rowsB : columnsB];
}
