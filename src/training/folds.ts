// Cross-validation's folds: which images are held out by which.

import { seededRandom, shuffle } from './random.js';

/** Classifiers side by side, and which rows each of them is trained on. */
export interface Folds {
  readonly count: number;
  /** Per row: the fold that holds it out; -1 where it is in every fold's training. */
  readonly heldOutBy: Int32Array;
}

/** One classifier, trained on every row. */
export function wholeTrainingPart(rows: number): Folds {
  return { count: 1, heldOutBy: new Int32Array(rows).fill(-1) };
}

const foldCount = 5;
/** From here on one fold's held-out images (six hundred) judge well enough, at a fifth of the work. */
const manyImages = 3000;

/**
 * Deals the images of each class, in random order, to the folds in turn, on from class to class: every fold gets its
 * share of every class, and a class of two images or more always has one in training. A class's only image is never
 * held out: without it there would be nothing to know the class by.
 */
export function dealFolds(labels: Int32Array, classes: number, seed: number): Folds {
  const random = seededRandom(seed);
  const heldOutBy = new Int32Array(labels.length).fill(-1);
  let next = 0;
  for (let label = 0; label < classes; label++) {
    const rows = [...labels.keys()].filter(row => labels[row] === label);
    if (rows.length < 2) continue;
    for (const row of shuffle(rows, random)) heldOutBy[row] = next++ % foldCount;
  }
  if (labels.length < manyImages) return { count: foldCount, heldOutBy };
  return { count: 1, heldOutBy: heldOutBy.map(fold => (fold === 0 ? 0 : -1)) };
}
