// Softmax regression with one L2 penalty: several classifiers side by side, one per fold of cross-validation,
// each trained on its own rows.

import type { Folds, HeldOutImage } from '../folds.js';
import type { FeatureSpace } from './feature-space.js';
import { type Evaluation, minimize } from './lbfgs.js';
import { addScaled, concatenate, sumParts } from './vectors.js';

/** What is to be told apart, and by which rows. */
export interface SoftmaxProblem {
  readonly space: FeatureSpace;
  /** Per row, below `classes`. */
  readonly labels: Int32Array;
  readonly classes: number;
  readonly folds: Folds;
  /** What each row counts: 1 on average, the same for all rows of an image. Absent: all alike. */
  readonly weights?: Float64Array | undefined;
  /** Rows of the same image: held out, they are averaged. Absent: every row is an image. */
  readonly views?: readonly (readonly number[])[] | undefined;
  /** Per row: rows of one key are held out together. Absent: views alone are. */
  readonly splitKeys?: readonly (string | number)[] | undefined;
  /** Awaited between steps: a signal has its turn. */
  readonly pause: () => Promise<void>;
}

/** How far to go. */
export interface SolveOptions {
  /** The penalty in the loss `mean log-loss + l2 / 2 |W|^2`. */
  readonly l2: number;
  /** Stops where the loss is at most this far above its minimum. */
  readonly gap: number;
  readonly start?: Solution | undefined;
}

/** Side-by-side classifiers: coordinates `[folds * classes, space.size]` and bias `[folds * classes]`. */
export interface Solution {
  readonly coordinates: Float64Array;
  readonly bias: Float64Array;
  readonly iterations: number;
}

/**
 * Solves all folds of `problem` as one convex problem: every step is two matrix products for all of them together.
 * Folds share no weights, so the joint optimum is each fold's own.
 */
export async function solveSoftmax(
  problem: SoftmaxProblem,
  { l2, gap, start }: SolveOptions,
): Promise<Solution> {
  const { space, pause } = problem;
  const outputs = problem.folds.count * problem.classes;
  const split = outputs * space.size;
  const evaluate = (point: Float64Array): Evaluation => {
    const coordinates = point.subarray(0, split);
    const projected = space.project(coordinates);
    const { loss, residuals } = trainingLoss(problem, projected, point.subarray(split));
    const { gradient, direction } = space.differentiate({ residuals, coordinates, projected, l2 });
    const ofBias = sumParts(residuals, outputs);
    const reached = ofBias.map(each => each * biasReach(space));
    return {
      loss: loss + (l2 / 2) * space.squaredNorm(coordinates, projected),
      gradient: concatenate(gradient, ofBias),
      direction: concatenate(direction, reached),
    };
  };

  const origin = start ? concatenate(start.coordinates, start.bias) : new Float64Array(split + outputs);
  // The penalty alone curves the loss by `l2`: a gradient of length g leaves at most g^2 / (2 l2) to win.
  const tolerance = Math.sqrt(2 * l2 * gap);
  const { point, iterations } = await minimize(evaluate, origin, { tolerance, leastGain: gap / 100, pause });
  return { coordinates: point.slice(0, split), bias: point.slice(split), iterations };
}

/**
 * The bias moves the loss less than the images' common directions do, and no penalty pulls it: without a longer reach
 * it is the last to arrive. Measured on 1280 features of photos: 37 steps with 16, 50 with 4, over 100 with 1 or 256.
 */
function biasReach(space: FeatureSpace): number {
  return Math.max(1, space.features / 64);
}

/** Held-out images in order, each predicted by the fold that did not see it. */
export function evaluateHeldOut(
  problem: SoftmaxProblem,
  { coordinates, bias }: Solution,
): readonly HeldOutImage[] {
  const { space, labels, classes, folds, weights } = problem;
  const { views = Array.from(labels, (_, row) => [row]) } = problem;
  const softmax = rowSoftmax(space.project(coordinates), bias, problem);
  const average = new Float64Array(classes);
  const heldOut: HeldOutImage[] = [];
  for (const rows of views) {
    const [first = 0] = rows;
    const fold = folds.heldOutBy[first] ?? -1;
    if (fold < 0) continue;
    let lossOfRow = 0;
    average.fill(0);
    for (const row of rows) {
      lossOfRow = softmax.lossOf(fold * classes, row);
      addScaled(average, 1 / rows.length, softmax.probabilities);
    }
    const label = labels[first] ?? 0;
    // The logarithm of a sum of powers knows losses that the probability, rounded to 0, does not.
    const isAlone = rows.length === 1;
    const loss = isAlone ? lossOfRow : -Math.log(Math.max(average[label] ?? 0, Number.MIN_VALUE));
    heldOut.push({
      fold,
      isRight: average.indexOf(Math.max(...average)) === label,
      loss: loss * (weights?.[first] ?? 1),
    });
  }
  return heldOut;
}

/**
 * Each fold's mean log-loss on the rows it is trained on, weighted, summed over the folds, and its derivative by the logits.
 * @param logits `[folds * classes, rows]`, without bias
 * @param bias `[folds * classes]`
 * @returns residuals `[folds * classes, rows]`: probability minus target, times the row's share of the fold's
 * weight; 0 where the fold does not see the row
 */
function trainingLoss(
  problem: SoftmaxProblem,
  logits: Float32Array,
  bias: Float64Array,
): { loss: number; residuals: Float32Array } {
  const { labels, classes, folds, weights } = problem;
  const residuals = new Float32Array(logits.length);
  const { probabilities, lossOf } = rowSoftmax(logits, bias, problem);
  let loss = 0;
  for (let fold = 0; fold < folds.count; fold++) {
    const first = fold * classes;
    const seen = folds.heldOutBy.reduce((sum, by, row) => sum + (by === fold ? 0 : (weights?.[row] ?? 1)), 0);
    for (let row = 0; row < labels.length; row++) {
      if (folds.heldOutBy[row] === fold) continue;
      const share = (weights?.[row] ?? 1) / seen;
      loss += share * lossOf(first, row);
      for (let k = 0; k < classes; k++) {
        const target = k === labels[row] ? 1 : 0;
        residuals[(first + k) * labels.length + row] = share * (probabilities[k]! - target);
      }
    }
  }
  return { loss, residuals };
}

/**
 * @returns `lossOf`, which gives the log-loss of one row under the classifier whose first output is `first`, and fills
 * in `probabilities` `[classes]`
 */
function rowSoftmax(
  logits: Float32Array,
  bias: Float64Array,
  { labels, classes }: SoftmaxProblem,
): { probabilities: Float64Array; lossOf: (first: number, row: number) => number } {
  const probabilities = new Float64Array(classes);
  const lossOf = (first: number, row: number): number => {
    let largest = -Infinity;
    for (let k = 0; k < classes; k++) {
      const logit = logits[(first + k) * labels.length + row]! + bias[first + k]!;
      probabilities[k] = logit;
      if (logit > largest) largest = logit;
    }
    const ofLabel = probabilities[labels[row]!]! - largest;
    let sum = 0;
    for (let k = 0; k < classes; k++) {
      const power = Math.exp(probabilities[k]! - largest);
      probabilities[k] = power;
      sum += power;
    }
    for (let k = 0; k < classes; k++) probabilities[k]! /= sum;
    return Math.log(sum) - ofLabel;
  };
  return { probabilities, lossOf };
}
