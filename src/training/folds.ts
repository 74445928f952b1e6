// Folds of cross-validation: which classifier holds which image out.

import type { TrainingData } from './data.js';
import type { Metrics } from './metrics.js';
import { seededRandom, shuffle } from './random.js';

/** Classifiers side by side, and which rows each of them is trained on. */
export interface Folds {
  readonly count: number;
  /** Per row: the fold that holds it out; -1 where it is in every fold's training. */
  readonly heldOutBy: Int32Array;
}

/** One classifier, trained on every row. */
export function oneFold(rows: number): Folds {
  return { count: 1, heldOutBy: new Int32Array(rows).fill(-1) };
}

/** How many folds, and what deals the images to them. */
export interface FoldsPlan {
  readonly count: number;
  readonly seed: number;
}

/**
 * Deals the images of each class, in random order, to the folds in turn, on from class to class: every fold gets its
 * share of every class, and a class of two images or more always has one in training. A class's only image is never
 * held out: without it there would be nothing to know the class by. Rows that belong together count as one image, of
 * the class of the first of them.
 */
export function dealFolds(
  data: Pick<TrainingData, 'labels' | 'views' | 'splitKeys'>,
  { count, seed }: FoldsPlan,
): Folds {
  const { labels } = data;
  const keys = splitKeysOf(data);
  const ofClasses = keysOfClasses(labels, keys);
  const foldOf = new Map<string | number, number>();
  for (const own of ofClasses) if (own.length < 2) for (const key of own) foldOf.set(key, -1);
  const random = seededRandom(seed);
  let next = 0;
  for (const own of ofClasses) {
    if (own.length < 2) continue;
    for (const place of shuffle([...own.keys()], random)) {
      const key = own[place] ?? 0;
      if (!foldOf.has(key)) foldOf.set(key, next++ % count);
    }
  }
  return { count, heldOutBy: Int32Array.from(keys, key => foldOf.get(key) ?? -1) };
}

/** Per row; where nothing else is said, rows of the same image belong together. */
function splitKeysOf({
  labels,
  views,
  splitKeys,
}: Pick<TrainingData, 'labels' | 'views' | 'splitKeys'>): readonly (string | number)[] {
  if (splitKeys !== undefined) return splitKeys;
  const keys = [...labels.keys()];
  for (const [first = 0, ...others] of views ?? []) for (const row of others) keys[row] = first;
  return keys;
}

/** By label, each key once, in the order of the rows. */
function keysOfClasses(labels: Int32Array, keys: readonly (string | number)[]): (string | number)[][] {
  const ofClasses: Set<string | number>[] = [];
  for (const [row, label] of labels.entries()) {
    while (ofClasses.length <= label) ofClasses.push(new Set());
    ofClasses[label]?.add(keys[row] ?? row);
  }
  return ofClasses.map(own => [...own]);
}

/** How classifiers did on images that they were not trained on. */
export interface CrossValidation {
  readonly folds: number;
  /** How many images were held out, each once. */
  readonly images: number;
  readonly accuracy: number;
  /** Standard deviation of the folds' accuracies; undefined of a single fold. */
  readonly deviation?: number | undefined;
  /** The accuracy of each fold. */
  readonly accuracies: readonly number[];
  /** Mean log-loss, natural logarithm. */
  readonly loss: number;
  /** The metrics of all held-out images, where cross-validation was asked for. */
  readonly metrics?: Metrics | undefined;
}

/** An image that was held out. */
export interface HeldOutImage {
  readonly fold: number;
  readonly isRight: boolean;
  /** Log-loss, multiplied with what its class weighs where classes do. */
  readonly loss: number;
}

/** @param images at least one */
export function summarizeFolds(images: readonly HeldOutImage[]): CrossValidation {
  const folds = [...new Set(images.map(({ fold }) => fold))].sort((a, b) => a - b);
  const accuracies = folds.map(fold => shareOfRight(images.filter(image => image.fold === fold)));
  return {
    ...{ folds: folds.length, images: images.length, accuracies, accuracy: shareOfRight(images) },
    deviation: deviationOf(accuracies),
    loss: images.reduce((sum, { loss }) => sum + loss, 0) / images.length,
  };
}

function shareOfRight(images: readonly HeldOutImage[]): number {
  return images.filter(({ isRight }) => isRight).length / images.length;
}

/** The standard deviation of some values; undefined of fewer than two. */
export function deviationOf(values: readonly number[]): number | undefined {
  if (values.length < 2) return undefined;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}
