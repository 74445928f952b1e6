// A linear head on frozen features: softmax regression with L2, solved to its optimum.
//
// With scaled features x' (scaling.ts), weights W and bias b of scaled features, it minimises
//
//   mean over images of -log softmax(W x' + b)[label]  +  l2 / 2 * |W|^2
//
// so `l2` is 1 / (n C) of scikit-learn's LogisticRegression on the same n scaled images (2 / (n C) for two classes, where
// scikit-learn has one vector for the two halves of it here). The bias is free. Beside a mean, the same strength suits
// few images and many: on photos, the best ones for 10, 40 and 120 a class were alike.

import type { EmitEvent } from '../events.js';
import { openFeatureSpace } from './feature-space.js';
import { wholeTrainingPart } from './folds.js';
import { foldScaling, planScaling } from './scaling.js';
import { solveSoftmax } from './softmax-regression.js';
import { type Candidate, type ChosenStrength, chooseStrength } from './strength.js';

export interface LinearHeadOptions {
  readonly classes: number;
  /** Strength of the L2 penalty; chosen by cross-validation where absent. */
  readonly l2?: number | undefined;
  /** Deals the images to the folds of cross-validation. */
  readonly seed: number;
  readonly emit?: EmitEvent | undefined;
}

export interface LinearHead {
  /** `[d, classes]`, on raw features. */
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
  readonly l2: number;
  /** The strengths tried, strongest first, with cross-validated log-loss and accuracy. Empty where none was chosen. */
  readonly candidates: readonly Candidate[];
  /** Of the last fit, at the strength chosen. */
  readonly iterations: number;
  readonly seconds: number;
}

/** How far above its minimum the mean loss may end. */
const gap = 1e-9;

/**
 * Fits a linear head to its optimum. Needs a started engine; leaves no tensor behind.
 * @param features `[n, d]`, row-major, raw
 * @param labels `[n]`, each below `classes`
 * @throws FinetuneError `bad-weights` when a feature is no finite number
 */
export async function fitLinearHead(
  features: Float32Array,
  labels: Int32Array,
  { classes, l2, seed, emit }: LinearHeadOptions,
): Promise<LinearHead> {
  const started = performance.now();
  const scaling = planScaling(features, features.length / labels.length);
  const space = openFeatureSpace(features, scaling);
  try {
    const { start, ...chosen }: ChosenStrength =
      l2 === undefined ? chooseStrength(space, { labels, classes, seed, emit }) : { l2, candidates: [] };
    const problem = { labels, classes, folds: wholeTrainingPart(labels.length) };
    const { coordinates, bias, iterations } = solveSoftmax(space, problem, { l2: chosen.l2, gap, start });
    const dense = { kernel: space.weightsOf(coordinates), bias: Float32Array.from(bias) };
    const seconds = (performance.now() - started) / 1000;
    return { ...foldScaling(dense, scaling), ...chosen, iterations, seconds };
  } finally {
    space.dispose();
  }
}
