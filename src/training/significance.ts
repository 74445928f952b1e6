// Whether one classifier is better than another by more than chance, on images that neither was trained on.

import { predictLabels } from './metrics.js';
import { seededRandom } from './random.js';

/** Two classifiers on the same images. */
export interface Comparison {
  /** Per image. */
  readonly labels: Int32Array;
  /** Probabilities `[labels.length, classes]`. */
  readonly before: Float32Array;
  readonly after: Float32Array;
}

/** What was found. */
export interface Verdict {
  readonly images: number;
  /** Right predictions. */
  readonly before: number;
  readonly after: number;
  /** The part of bootstrap resamples in which `after` is no better. */
  readonly pValue: number;
  /** Not fewer right predictions, and a p-value of no more than 0.05. */
  readonly isBetter: boolean;
}

const resamples = 2000;
const significanceLevel = 0.05;

/**
 * A paired bootstrap over the images (Efron and Tibshirani 1993) of the Brier score, the squared distance of the
 * probabilities from the truth: it sees more than right and wrong, and unlike the log-loss no single image decides.
 */
export function compareClassifiers({ labels, before, after }: Comparison, seed: number): Verdict {
  const images = labels.length;
  const [old, now] = [scores(before, labels), scores(after, labels)];
  const gains = old.map((score, i) => score - (now[i] ?? score));
  const random = seededRandom(seed);
  let worse = 0;
  for (let sample = 0; sample < resamples; sample++) {
    let gain = 0;
    for (let draw = 0; draw < images; draw++) gain += gains[Math.floor(random() * images)] ?? 0;
    if (gain <= 0) worse++;
  }
  const right = { before: countRight(before, labels), after: countRight(after, labels) };
  const pValue = images === 0 ? 1 : worse / resamples;
  return { images, ...right, pValue, isBetter: right.after >= right.before && pValue <= significanceLevel };
}

function countRight(probabilities: Float32Array, labels: Int32Array): number {
  return predictLabels(probabilities, labels.length).filter((label, i) => label === labels[i]).length;
}

/** The Brier score of every image: from 0, surely right, to 2, surely wrong. */
function scores(probabilities: Float32Array, labels: Int32Array): number[] {
  const classes = probabilities.length / labels.length;
  return Array.from(labels, (label, i) => {
    const row = probabilities.subarray(i * classes, (i + 1) * classes);
    return row.reduce((sum, each, k) => sum + (each - (k === label ? 1 : 0)) ** 2, 0);
  });
}

/**
 * By how much losses have fallen on the same images, in standard errors of their mean difference: above 2 that is hardly
 * chance.
 */
export function fallInErrors(before: readonly number[], after: readonly number[]): number {
  const falls = before.map((loss, i) => loss - (after[i] ?? loss));
  const mean = falls.reduce((sum, fall) => sum + fall, 0) / falls.length;
  const squares = falls.reduce((sum, fall) => sum + (fall - mean) ** 2, 0);
  const error = Math.sqrt(squares / Math.max(1, falls.length - 1) / falls.length);
  return error === 0 ? 0 : mean / error;
}
