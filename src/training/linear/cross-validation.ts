// What linear heads say of images that they were not trained on: five heads, each of which has not seen a fifth of them.

import type { Context } from '../../system/context.js';
import type { TrainingData } from '../data.js';
import { dealFolds } from '../folds.js';
import { planScaling } from '../scaling.js';
import { takingTurns } from '../turns.js';
import { openFeatureSpace } from './feature-space.js';
import { chooseL2 } from './l2.js';
import { type SoftmaxProblem, type Solution, solveSoftmax } from './softmax.js';

/** What is to be predicted, and what belongs together. */
export interface CrossValidationPlan {
  readonly classes: number;
  /** Per image: images of one group are held out together, such as copies of one photo. */
  readonly groups: Int32Array;
  readonly seed: number;
}

const foldCount = 5;

/** How far above its minimum the mean loss may end: probabilities are then right to three places. */
const gap = 1e-6;

/**
 * Predicts every image by a linear head that was trained without it, at the l2 that suits the whole best. Needs a started
 * engine; leaves no tensor behind.
 * @param features the matrix of `data`
 * @returns probabilities `[images, classes]`; NaN for the images of a class that has a single group, of which nothing
 * would be known without it
 * @throws FinetuneError `bad-weights` when a feature is no finite number
 */
export async function predictHeldOut(
  data: TrainingData,
  features: Float32Array,
  { classes, groups, seed, emit, signal }: CrossValidationPlan & Context,
): Promise<Float32Array> {
  const { labels } = data;
  const space = openFeatureSpace(features, await planScaling(data));
  const given = { space, labels, classes, splitKeys: [...groups], pause: takingTurns(signal) };
  try {
    const { l2 } = await chooseL2(given, { seed, emit });
    const problem = { ...given, folds: dealFolds(given, { count: foldCount, seed }) };
    return predictByFolds(problem, await solveSoftmax(problem, { l2, gap }));
  } finally {
    space.dispose();
  }
}

function predictByFolds(
  { space, labels, classes, folds }: SoftmaxProblem,
  { coordinates, bias }: Solution,
): Float32Array {
  const logits = space.project(coordinates); // [folds * classes, images]
  const probabilities = new Float32Array(labels.length * classes).fill(Number.NaN);
  for (const [row, fold] of folds.heldOutBy.entries()) {
    if (fold < 0) continue;
    const ofRow = Float64Array.from({ length: classes }, (_, k) => {
      const output = fold * classes + k;
      return logits[output * labels.length + row]! + bias[output]!;
    });
    probabilities.set(softmax(ofRow), row * classes);
  }
  return probabilities;
}

function softmax(logits: Float64Array): Float64Array {
  const largest = logits.reduce((most, value) => Math.max(most, value), -Infinity);
  const powers = logits.map(value => Math.exp(value - largest));
  const sum = powers.reduce((total, value) => total + value, 0);
  return powers.map(value => value / sum);
}
