// Softmax and log-loss of several classifiers side by side, one per fold, each trained on its own rows.

import type { Folds } from './folds.js';

export interface SoftmaxProblem {
  readonly labels: Int32Array;
  readonly classes: number;
  readonly folds: Folds;
}

/**
 * Each fold's mean log-loss on the rows it is trained on, summed over the folds, and its derivative by the logits.
 * @param logits `[folds * classes, rows]`, without bias
 * @param bias `[folds * classes]`
 * @returns residuals `[folds * classes, rows]`: probability minus target, over the fold's rows; 0 where the fold does
 * not see the row
 */
export function trainingLoss(
  problem: SoftmaxProblem,
  logits: ArrayLike<number>,
  bias: Float64Array,
): { loss: number; residuals: Float32Array } {
  const { labels, classes, folds } = problem;
  const rows = labels.length;
  const residuals = new Float32Array(logits.length);
  const probabilities = new Float64Array(classes);
  let loss = 0;
  for (let fold = 0; fold < folds.count; fold++) {
    const first = fold * classes;
    const share = 1 / folds.heldOutBy.reduce((seen, by) => seen + (by === fold ? 0 : 1), 0);
    for (let row = 0; row < rows; row++) {
      if (folds.heldOutBy[row] === fold) continue;
      const label = labels[row]!;
      loss += share * rowLoss(logits, bias, { first, row, rows, label }, probabilities);
      for (let k = 0; k < classes; k++) {
        residuals[(first + k) * rows + row] = share * (probabilities[k]! - (k === label ? 1 : 0));
      }
    }
  }
  return { loss, residuals };
}

/** Mean log-loss and accuracy on held-out rows, each judged by the fold that did not see it. */
export function heldOutScore(
  { labels, classes, folds }: SoftmaxProblem,
  logits: ArrayLike<number>,
  bias: Float64Array,
): { loss: number; accuracy: number } {
  const rows = labels.length;
  const probabilities = new Float64Array(classes);
  let [loss, right, judged] = [0, 0, 0];
  for (let row = 0; row < rows; row++) {
    const fold = folds.heldOutBy[row]!;
    if (fold < 0) continue;
    const label = labels[row]!;
    loss += rowLoss(logits, bias, { first: fold * classes, row, rows, label }, probabilities);
    if (probabilities.indexOf(Math.max(...probabilities)) === label) right++;
    judged++;
  }
  return { loss: loss / judged, accuracy: right / judged };
}

/** Log-loss of one row under one fold's classifier; fills in its probabilities. */
function rowLoss(
  logits: ArrayLike<number>,
  bias: Float64Array,
  { first, row, rows, label }: { first: number; row: number; rows: number; label: number },
  probabilities: Float64Array,
): number {
  let largest = -Infinity;
  for (let k = 0; k < probabilities.length; k++) {
    const logit = logits[(first + k) * rows + row]! + bias[first + k]!;
    probabilities[k] = logit;
    if (logit > largest) largest = logit;
  }
  const ofLabel = probabilities[label]! - largest;
  let sum = 0;
  for (let k = 0; k < probabilities.length; k++) {
    const power = Math.exp(probabilities[k]! - largest);
    probabilities[k] = power;
    sum += power;
  }
  for (let k = 0; k < probabilities.length; k++) probabilities[k]! /= sum;
  return Math.log(sum) - ofLabel;
}
