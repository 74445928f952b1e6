// A linear head on frozen features: softmax regression with L2, solved to its optimum.
//
// With scaled features x' (scaling.ts), weights W and bias b of scaled features, it minimizes
//
//   mean over images of -log softmax(W x' + b)[label]  +  l2 / 2 * |W|^2
//
// so `l2` is 1 / (n C) of scikit-learn's LogisticRegression on the same n scaled images (2 / (n C) for two classes, where
// scikit-learn has one vector for the two halves of it here). The bias is free. Beside a mean, the same l2 suits few
// images and many: on photos, the best ones for 10, 40 and 120 a class were alike.

import type { Context } from '../../system/context.js';
import type { TrainingData } from '../data.js';
import type { DenseWeights } from '../head.js';
import { foldScaling, planScaling } from '../scaling.js';
import { takingTurns } from '../turns.js';
import { openFeatureSpace } from './feature-space.js';
import { type Candidate, type ChosenL2, chooseL2 } from './l2.js';
import { oneFold, solveSoftmax } from './softmax.js';

/** What is asked for. */
export interface LinearHeadPlan {
  readonly classes: number;
  /** Of the penalty; chosen by cross-validation where absent. */
  readonly l2?: number | undefined;
  /** Deals the images to the folds of cross-validation. */
  readonly seed: number;
}

/** A linear head on raw features, and how it was found. */
export interface LinearHead {
  /** Kernel `[d, classes]`, bias `[classes]`. */
  readonly dense: DenseWeights;
  readonly l2: number;
  /** What was tried, largest l2 first, with cross-validated log-loss and accuracy. Empty where none was chosen. */
  readonly candidates: readonly Candidate[];
  /** Of the last fit, at the l2 chosen. */
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
  { classes, l2, seed, emit, signal }: LinearHeadPlan & Context,
): Promise<LinearHead> {
  const started = performance.now();
  const { labels } = data;
  const scaling = await planScaling(data);
  const space = openFeatureSpace(features, scaling);
  const problem = { space, labels, classes, pause: takingTurns(signal) };
  try {
    const { start, ...chosen }: ChosenL2 =
      l2 === undefined ? await chooseL2(problem, { seed, emit }) : { l2, candidates: [] };
    const { coordinates, bias, iterations } = await solveSoftmax(
      { ...problem, folds: oneFold(labels.length) },
      { l2: chosen.l2, gap, start },
    );
    const dense = { kernel: space.weightsOf(coordinates), bias: Float32Array.from(bias) };
    const seconds = (performance.now() - started) / 1000;
    return { dense: foldScaling(dense, scaling), ...chosen, iterations, seconds };
  } finally {
    space.dispose();
  }
}
