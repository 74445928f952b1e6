// A linear head on frozen features: softmax regression with L2, solved to its optimum.
//
// With scaled features x' (scaling.ts), weights W and bias b of scaled features, it minimizes
//
//   mean over images of -log softmax(W x' + b)[label]  +  l2 / 2 * |W|^2
//
// where an image counts as much as its class weighs,
// so `l2` is 1 / (n C) of scikit-learn's LogisticRegression on the same n scaled images (2 / (n C) for two classes, where
// scikit-learn has one vector for the two halves of it here). The bias is free. Beside a mean, the same l2 suits few
// images and many: on photos, the best ones for 10, 40 and 120 a class were alike.

import { elementCount } from '../../network/source.js';
import type { Context } from '../../system/context.js';
import type { TrainingData } from '../data.js';
import { type HeldOutImage, oneFold } from '../folds.js';
import type { DenseWeights } from '../head.js';
import { type ClassWeights, weighClasses } from '../loss.js';
import { foldScaling, planScaling } from '../scaling.js';
import { takingTurns } from '../turns.js';
import { type FeatureSpace, openFeatureSpace } from './feature-space.js';
import type { GroupGrams, ScaledImages } from './gram.js';
import { type Candidate, type ChosenL2, chooseL2 } from './l2.js';
import { type SoftmaxProblem, solveSoftmax } from './softmax.js';

/** What is asked for. */
export interface LinearHeadPlan {
  readonly classes: number;
  /** The strength of the penalty; chosen by cross-validation where absent. */
  readonly l2?: number | undefined;
  /** Deals the images to the folds of cross-validation. */
  readonly seed: number;
  /** Absent: every image counts the same. */
  readonly classWeights?: ClassWeights | undefined;
  /** What cross-validation has found of the same data already. */
  readonly chosen?: ChosenL2 | undefined;
}

/** A linear head on raw features, and how it was found. */
export interface LinearHead {
  /** Kernel `[d, classes]`, bias `[classes]`. */
  readonly dense: DenseWeights;
  readonly l2: number;
  /** What was tried, largest l2 first, with cross-validated log-loss and accuracy. Empty where none was chosen. */
  readonly candidates: readonly Candidate[];
  /** By cross-validation, at the l2 chosen; absent where none was chosen, or no image could be held out. */
  readonly heldOut?: readonly HeldOutImage[] | undefined;
  /** The iterations of the last fit, at the l2 chosen. */
  readonly iterations: number;
  readonly seconds: number;
}

/** How far above its minimum the mean loss may end. */
const gap = 1e-9;

/**
 * Fits a linear head to its optimum. Needs a started engine; leaves no tensor behind.
 * @param features the matrix of `data`
 * @throws FinetuneError `bad-weights` when a feature is no finite number
 */
export async function solveLinearHead(
  data: TrainingData,
  features: Float32Array,
  plan: LinearHeadPlan & Context,
): Promise<LinearHead> {
  const started = performance.now();
  const scaling = await planScaling(data);
  const space = openFeatureSpace(features, scaling);
  const problem = planProblem(data, space, plan);
  try {
    const { start, l2, candidates, heldOut } = plan.chosen ?? (await findL2(data, problem, plan));
    const { coordinates, bias, iterations } = await solveSoftmax(
      { ...problem, folds: oneFold(data.labels.length) },
      { l2, gap, start },
    );
    const dense = { kernel: space.weightsOf(coordinates), bias: Float32Array.from(bias) };
    const seconds = (performance.now() - started) / 1000;
    return { dense: foldScaling(dense, scaling), l2, candidates, heldOut, iterations, seconds };
  } finally {
    space.dispose();
  }
}

/**
 * How well a linear head would do on images that it has not seen, at the l2 that is best for them. Needs a started
 * engine; leaves no tensor behind.
 * @param features the matrix of `data`
 * @param like what is known of other features of the same images: the search begins where that one ended
 * @throws FinetuneError `bad-weights` when a feature is no finite number
 */
export async function crossValidate(
  data: TrainingData & { readonly features: Float32Array },
  plan: LinearHeadPlan & Context,
  { near, grams }: { readonly near?: ChosenL2 | undefined; readonly grams?: GroupGrams | undefined } = {},
): Promise<ChosenL2> {
  const gramOf = grams && ((images: ScaledImages) => grams.sum(images, groupsOf(data)));
  const space = openFeatureSpace(data.features, await planScaling(data), gramOf);
  try {
    const { seed, l2, emit } = plan;
    const search = { seed, l2, emit, variance: varianceOf(data), rough: true, near: near?.near };
    return await chooseL2(planProblem(data, space, plan), search);
  } finally {
    space.dispose();
  }
}

type Problem = Omit<SoftmaxProblem, 'folds'>;

function planProblem(
  { labels, views, splitKeys }: TrainingData,
  space: FeatureSpace,
  { classes, classWeights, signal }: LinearHeadPlan & Context,
): Problem {
  const byClass = classWeights && weighClasses(classWeights, labels, classes);
  const weights = byClass && Float64Array.from(labels, label => byClass[label] ?? 0);
  return { space, labels, views, splitKeys, classes, weights, pause: takingTurns(signal) };
}

async function findL2(
  data: TrainingData,
  problem: Problem,
  { l2, seed, emit }: LinearHeadPlan & Context,
): Promise<ChosenL2> {
  if (l2 !== undefined) return { l2, candidates: [] };
  return chooseL2(problem, { seed, emit, variance: varianceOf(data) });
}

/** The variance of all scaled features together. */
function varianceOf(data: TrainingData): number {
  return groupsOf(data).reduce((sum, { size, weight }) => sum + size * weight ** 2, 0);
}

function groupsOf({ shape, groups = [{ size: elementCount(shape), weight: 1 }] }: TrainingData) {
  return groups;
}
