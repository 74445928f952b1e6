// Products of matrices. The backend computes a transposed or batched product by a naive loop, ten times slower than
// one plain product, and packs the right operand anew whenever it has changed, as weights do in every step. So every
// product is made a plain one, of the operands or of their transposes, whichever moves fewer numbers.

import { type KernelFunc, type TensorInfo, util } from '@tensorflow/tfjs-core';
import { runSteps, type Steps } from './steps.js';

interface Transposes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** What packing one number costs, in the time of transposing one (measured: 5 to 12 ns against 3.5). */
const packingCost = 2;

/** @param original the backend's own kernel, used where it is fast and where the batches differ */
export function batchMatMul(original: KernelFunc): KernelFunc {
  return call => {
    const { a, b } = call.inputs as { a: TensorInfo; b: TensorInfo };
    const transposes = call.attrs as unknown as Transposes;
    const batches = a.shape.slice(0, -2);
    const batch = util.sizeFromShape(batches);
    if (!util.arraysEqual(batches, b.shape.slice(0, -2))) return original(call);
    return runSteps(call.backend, steps => {
      const matrices = [a, b].map(each => splitBatch(steps, each, batch)) as [TensorInfo[], TensorInfo[]];
      const products = matrices[0].map((each, index) =>
        steps.keep(multiply(steps, each, matrices[1][index]!, transposes)),
      );
      const all = batch === 1 ? products[0]! : steps.concat(products, 0);
      return steps.reshape(all, [...batches, ...productShape(a, b, transposes)]);
    });
  };
}

function splitBatch(steps: Steps, x: TensorInfo, batch: number): TensorInfo[] {
  const [rows, columns] = x.shape.slice(-2) as [number, number];
  const flat = steps.reshape(x, [batch * rows, columns]);
  if (batch === 1) return [flat];
  return Array.from({ length: batch }, (_, index) => steps.rows(flat, index * rows, rows));
}

/** Freed at once, so that a large batch does not hold all its transposes. */
function multiply(outer: Steps, a: TensorInfo, b: TensorInfo, transposes: Transposes): TensorInfo {
  const { transposeA, transposeB } = transposes;
  const [sizeA, sizeB] = [a, b].map(each => util.sizeFromShape(each.shape)) as [number, number];
  const sizeOfResult = util.sizeFromShape(productShape(a, b, transposes));
  const direct = (transposeA ? sizeA : 0) + (transposeB ? sizeB : 0) + packingCost * sizeB;
  const turned = (transposeA ? 0 : sizeA) + (transposeB ? 0 : sizeB) + packingCost * sizeA + sizeOfResult;
  return runSteps(outer.backend, steps => {
    const turn = (x: TensorInfo, really = true) => (really ? steps.transpose(x, [1, 0]) : x);
    if (direct <= turned) return steps.product(turn(a, transposeA), turn(b, transposeB));
    return turn(steps.product(turn(b, !transposeB), turn(a, !transposeA)));
  });
}

function productShape(a: TensorInfo, b: TensorInfo, { transposeA, transposeB }: Transposes): number[] {
  return [a.shape.at(transposeA ? -1 : -2)!, b.shape.at(transposeB ? -2 : -1)!];
}
