// What linear heads say of images that they were not trained on: five heads, each of which has not seen a fifth of them.

import type { Context } from '../../system/context.js';
import type { TrainingData } from '../data.js';
import { seededRandom, shuffle } from '../random.js';
import { planScaling } from '../scaling.js';
import { takingTurns } from '../turns.js';
import { openFeatureSpace } from './feature-space.js';
import { chooseL2 } from './l2.js';
import { type Folds, type SoftmaxProblem, type Solution, solveSoftmax } from './softmax.js';

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
  const given = { space, labels, classes, pause: takingTurns(signal) };
  try {
    const { l2 } = await chooseL2(given, { seed, emit });
    const problem = { ...given, folds: dealGroups(labels, groups, seed) };
    return predictByFolds(problem, await solveSoftmax(problem, { l2, gap }));
  } finally {
    space.dispose();
  }
}

/** Deals the groups of each class, in random order, to the folds in turn. A group belongs to the class of its first image. */
function dealGroups(labels: Int32Array, groups: Int32Array, seed: number): Folds {
  const random = seededRandom(seed);
  const ofClasses = new Map<number, Set<number>>();
  for (const [row, label] of labels.entries())
    ofClasses.set(label, (ofClasses.get(label) ?? new Set()).add(groups[row] ?? row));
  const foldOf = new Map<number, number>();
  let next = 0;
  for (const group of ofClasses.values()) {
    if (group.size < 2) continue;
    for (const each of shuffle([...group], random))
      if (!foldOf.has(each)) foldOf.set(each, next++ % foldCount);
  }
  const isAlone = (label: number) => (ofClasses.get(label)?.size ?? 0) < 2;
  const heldOutBy = labels.map((label, row) =>
    isAlone(label) ? -1 : (foldOf.get(groups[row] ?? row) ?? -1),
  );
  return { count: foldCount, heldOutBy };
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
