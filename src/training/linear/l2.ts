// How large an L2 penalty a linear head gets: chosen by cross-validation on the training subset.

import type { EmitEvent } from '../../events.js';
import { dealFolds, type Folds, type HeldOutImage, summarizeFolds } from '../folds.js';
import { evaluateHeldOut, type SoftmaxProblem, type Solution, solveSoftmax } from './softmax.js';

/** An l2, and how heads with it did on images that they were not trained on. */
export interface Candidate {
  readonly l2: number;
  /** Mean log-loss, natural logarithm. */
  readonly loss: number;
  readonly accuracy: number;
}

/** The l2 to take. */
export interface ChosenL2 {
  readonly l2: number;
  /** Largest first; empty where no image could be held out. */
  readonly candidates: readonly Candidate[];
  /** Near the optimum of all images at that l2. */
  readonly start?: Solution | undefined;
  /** The held-out images at that l2, in order. */
  readonly heldOut?: readonly HeldOutImage[] | undefined;
  /** Where other features of the same images may begin to search. */
  readonly near?: SearchStart | undefined;
}

/** A place on the grid, and the solutions of all folds there. */
export interface SearchStart {
  readonly step: number;
  readonly solution: Solution;
}

/** How the l2 is searched for. */
export interface L2Search {
  readonly seed: number;
  /** The variance of all scaled features together, 1 each where nothing is said; the penalties that are tried grow with it. */
  readonly variance?: number | undefined;
  /** The only l2 to try. */
  readonly l2?: number | undefined;
  /** Begins at a usual l2, or at `near`, and takes a third of the time: enough to compare kinds of features. */
  readonly rough?: boolean | undefined;
  /** Where a rough search begins. */
  readonly near?: SearchStart | undefined;
  readonly emit: EmitEvent;
}

interface Trial extends Candidate {
  /** On the grid. */
  readonly step: number;
  readonly heldOut: readonly HeldOutImage[];
  readonly solution: Solution;
}

const gridSize = 6;
const mostExtensions = 6;
/** Candidates differ by hundredths of log-loss: an optimum to a ten-thousandth ranks them, and one to a thousandth nearly. */
const gap = { fine: 1e-4, rough: 1e-3 };
/** Where the best is near more often than elsewhere. */
const usualStep = 3;
/** A difference of log-loss that says nothing. */
const smallChange = 1e-3;

/**
 * The l2 of least log-loss under five-fold cross-validation; of those about as good, the largest. Goes from large to
 * small, each solution starting the next, until the loss rises (smaller ones take longest and are only worse), and on
 * beyond an end of the grid while the best lies there. A rough search begins in the middle, and goes where the loss falls.
 */
export async function chooseL2(
  given: Omit<SoftmaxProblem, 'folds'>,
  { seed, variance = given.space.features, l2, rough = false, near, emit }: L2Search,
): Promise<ChosenL2> {
  const problem = { ...given, folds: dealFewFolds(given, seed) };
  if (problem.folds.heldOutBy.every(fold => fold < 0)) {
    return { l2: l2 ?? l2At((gridSize - 1) / 2, variance), candidates: [] };
  }
  const trials = new Trials();
  const tryStep = (step: number, start: Solution | undefined): Promise<Trial> => {
    emit({ type: 'head', done: trials.count, total: Math.max(gridSize, trials.count + 1) });
    return tryL2(problem, { step, l2: l2 ?? l2At(step, variance), start, gap: rough ? gap.rough : gap.fine });
  };
  const first = rough ? (near?.step ?? usualStep) : 0;
  const least = rough || l2 !== undefined ? first + 1 : gridSize;
  const last = l2 === undefined ? gridSize - 1 + mostExtensions : first;
  const goesOn = (step: number) =>
    step < least ? !trials.haveRisen() : step <= last && trials.best === trials.smallest;
  for (let step = first; goesOn(step); step++) {
    trials.addSmaller(await tryStep(step, trials.smallest?.solution ?? fitting(near, problem)));
  }
  for (let step = first - 1; goesBack(step, trials) && l2 === undefined; step--) {
    trials.addLarger(await tryStep(step, trials.largest?.solution));
  }
  emit({ type: 'head', done: trials.count, total: trials.count });
  return trials.choose(problem.folds.count);
}

function goesBack(step: number, trials: Trials): boolean {
  return step >= -mostExtensions && trials.best === trials.largest;
}

/** Solutions in as many coordinates are a start, whatever features they were found on. */
function fitting(near: SearchStart | undefined, { space, folds, classes }: SoftmaxProblem) {
  const { coordinates, bias } = near?.solution ?? {};
  const outputs = folds.count * classes;
  return coordinates?.length === outputs * space.size && bias?.length === outputs
    ? near?.solution
    : undefined;
}

/**
 * The grid: half decades from 3 to 0.01 for 1280 features of unit variance. A weight's use grows with their variance,
 * so the penalties that suit them do too.
 */
function l2At(step: number, variance: number): number {
  return 10 ** ((1 - step) / 2) * (variance / 1280);
}

interface TrialPlan {
  readonly step: number;
  readonly l2: number;
  readonly start: Solution | undefined;
  readonly gap: number;
}

async function tryL2(problem: SoftmaxProblem, { step, l2, start, gap }: TrialPlan): Promise<Trial> {
  const solution = await solveSoftmax(problem, { l2, gap, start });
  const heldOut = evaluateHeldOut(problem, solution);
  const { loss, accuracy } = summarizeFolds(heldOut);
  return { step, l2, loss, accuracy, heldOut, solution };
}

/** What was tried, largest l2 first. */
class Trials {
  readonly #all: Trial[] = [];

  get count(): number {
    return this.#all.length;
  }

  get largest(): Trial | undefined {
    return this.#all[0];
  }

  get smallest(): Trial | undefined {
    return this.#all.at(-1);
  }

  /**
   * The largest whose loss is not noticeably above the least: the held-out images can hardly tell the two apart, and
   * left to a hair's breadth they err to the small side. On photos of flowers this lowers the log-loss on unseen images
   * by .01 at ten images a class, and changes nothing at 120.
   */
  get best(): Trial | undefined {
    return this.#all.find(({ loss }) => !isNoticeablyLess(this.#leastLoss(), loss));
  }

  addSmaller(trial: Trial): void {
    this.#all.push(trial);
  }

  addLarger(trial: Trial): void {
    this.#all.unshift(trial);
  }

  /** Whether the smallest did worse than one before it. */
  haveRisen(): boolean {
    return this.smallest !== undefined && this.smallest.loss > this.#leastLoss() + smallChange;
  }

  choose(folds: number): ChosenL2 {
    if (this.best === undefined) throw new Error('Nothing was tried.');
    const { l2, step, solution, heldOut } = this.best;
    const candidates = this.#all.map(({ l2, loss, accuracy }) => ({ l2, loss, accuracy }));
    return { l2, candidates, start: averageFolds(solution, folds), heldOut, near: { step, solution } };
  }

  #leastLoss(): number {
    return Math.min(...this.#all.map(({ loss }) => loss));
  }
}

/** By two hundredths, and by more than rounding. */
export function isNoticeablyLess(loss: number, other: number): boolean {
  return loss < Math.min(0.98 * other, other - smallChange);
}

function averageFolds({ coordinates, bias, iterations }: Solution, folds: number): Solution {
  const average = (values: Float64Array): Float64Array => {
    const length = values.length / folds;
    const mean = new Float64Array(length);
    values.forEach((value, at) => {
      mean[at % length]! += value;
    });
    return mean.map(sum => sum / folds);
  };
  return { coordinates: average(coordinates), bias: average(bias), iterations };
}

const foldCount = 5;
/** From here on one fold's held-out images (six hundred) say enough, at a fifth of the work. */
const manyImages = 3000;

/** @param given what belongs together is held out together */
function dealFewFolds(given: Omit<SoftmaxProblem, 'folds'>, seed: number): Folds {
  const folds = dealFolds(given, { count: foldCount, seed });
  const images = given.views?.length ?? given.labels.length;
  if (images < manyImages) return folds;
  return { count: 1, heldOutBy: folds.heldOutBy.map(fold => (fold === 0 ? 0 : -1)) };
}
