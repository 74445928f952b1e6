// Choosing the L2 strength of a linear head by cross-validation on the training part.

import type { EmitEvent } from '../events.js';
import type { FeatureSpace } from './feature-space.js';
import { dealFolds } from './folds.js';
import { heldOutScore, type SoftmaxProblem } from './softmax-loss.js';
import { type Solution, solveSoftmax } from './softmax-regression.js';

/** A strength, and how heads of that strength did on images that they were not trained on. */
export interface Candidate {
  readonly l2: number;
  /** Mean log-loss, natural logarithm. */
  readonly loss: number;
  readonly accuracy: number;
}

export interface StrengthOptions {
  readonly labels: Int32Array;
  readonly classes: number;
  readonly seed: number;
  readonly emit?: EmitEvent | undefined;
}

export interface ChosenStrength {
  readonly l2: number;
  /** Strongest first; empty where no image could be held out. */
  readonly candidates: readonly Candidate[];
  /** Near the optimum of all images at that strength. */
  readonly start?: Solution | undefined;
}

interface Trial extends Candidate {
  readonly solution: Solution;
}

const gridSize = 6;
const mostExtensions = 6;
/** Candidates differ by hundredths of log-loss: an optimum to a ten-thousandth ranks them. */
const gap = 1e-4;
/** A difference of log-loss that says nothing. */
const smallChange = 1e-3;

/**
 * The strength of least log-loss under five-fold cross-validation; of strengths about as good, the strongest. Goes from
 * strong to weak, each solution starting the next, until the loss rises (weaker ones take longest and are only worse), and
 * on beyond an end of the grid while the best lies there.
 */
export function chooseStrength(space: FeatureSpace, options: StrengthOptions): ChosenStrength {
  const { labels, classes, seed, emit } = options;
  const folds = dealFolds(labels, classes, seed);
  if (folds.heldOutBy.every(fold => fold < 0)) {
    return { l2: strengthAt((gridSize - 1) / 2, space.features), candidates: [] };
  }
  const problem = { labels, classes, folds };
  const trials: Trial[] = [];
  const report = (done: number, total: number) => emit?.({ type: 'head', done, total });
  const tryStep = (step: number, neighbour: Trial | undefined): Trial => {
    report(trials.length, Math.max(gridSize, trials.length + 1));
    return tryStrength(space, problem, strengthAt(step, space.features), neighbour);
  };
  const last = gridSize - 1 + mostExtensions;
  const goesOn = (step: number) =>
    step < gridSize ? !hasRisen(trials) : step <= last && bestOf(trials) === trials.at(-1);
  for (let step = 0; goesOn(step); step++) trials.push(tryStep(step, trials.at(-1)));
  for (let step = -1; step >= -mostExtensions && bestOf(trials) === trials[0]; step--) {
    trials.unshift(tryStep(step, trials[0]));
  }
  report(trials.length, trials.length);
  const candidates = trials.map(({ solution: _, ...candidate }) => candidate);
  const { l2, solution } = bestOf(trials);
  return { l2, candidates, start: averageFolds(solution, folds.count) };
}

/**
 * The grid: half decades from 3 to 0.01 for 1280 features. On features of unit variance a weight's use grows with
 * their number, so the strengths that suit them do too.
 */
function strengthAt(step: number, features: number): number {
  return 10 ** ((1 - step) / 2) * (features / 1280);
}

function tryStrength(
  space: FeatureSpace,
  problem: SoftmaxProblem,
  l2: number,
  neighbour: Trial | undefined,
): Trial {
  const solution = solveSoftmax(space, problem, { l2, gap, start: neighbour?.solution });
  const logits = space.project(solution.coordinates);
  return { l2, ...heldOutScore(problem, logits, solution.bias), solution };
}

/**
 * The strongest whose loss is not noticeably above the least: the held-out images can hardly tell the two apart, and
 * left to a hair's breadth they err to the weak side. On photos of flowers this lowers the log-loss on unseen images by
 * .01 at ten images a class, and changes nothing at 120.
 */
function bestOf(trials: readonly Trial[]): Trial {
  const least = leastLoss(trials);
  return trials.find(({ loss }) => !isNoticeablyLess(least, loss))!;
}

function leastLoss(trials: readonly Trial[]): number {
  return Math.min(...trials.map(({ loss }) => loss));
}

/** By two hundredths, and by more than rounding. */
function isNoticeablyLess(loss: number, other: number): boolean {
  return loss < Math.min(0.98 * other, other - smallChange);
}

/** Whether the last strength did worse than one before it. */
function hasRisen(trials: readonly Trial[]): boolean {
  return trials.length > 0 && trials.at(-1)!.loss > leastLoss(trials) + smallChange;
}

function averageFolds({ coordinates, bias, iterations }: Solution, folds: number): Solution {
  const average = (values: Float64Array): Float64Array => {
    const length = values.length / folds;
    return Float64Array.from({ length }, (_, i) => {
      let sum = 0;
      for (let at = i; at < values.length; at += length) sum += values[at]!;
      return sum / folds;
    });
  };
  return { coordinates: average(coordinates), bias: average(bias), iterations };
}
