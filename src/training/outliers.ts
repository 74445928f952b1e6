// Images that are like no others of their data set, by their features.

import { tf } from '../engines/tfjs.js';
import { seededRandom, shuffle } from './random.js';
import { takingTurns } from './turns.js';

/** An image that is unlike all others. */
export interface Outlier {
  /** Its row. */
  readonly row: number;
  /** Mean cosine of its features with those of the images that are most like it, both less the mean of all. */
  readonly likeness: number;
}

/** How many images that are most like it an image is compared with. */
const neighbors = 5;

/** In a larger data set an image looks for those among so many, drawn by chance. */
const mostReferences = 5000;

/** How far below the middle an image has to lie, in deviations: one of a thousand would by chance. */
const farAway = 3;

/** Below this many images, nothing is unusual. */
const leastImages = 20;

const blockRows = 256;

/**
 * Finds outliers by their nearest neighbours. Needs a started engine; leaves no tensor behind.
 * @param features `[images, size]`, finite
 * @returns the most unlike first
 */
export async function findOutliers(
  features: Float32Array,
  size: number,
  { seed, signal }: { readonly seed: number; readonly signal: AbortSignal },
): Promise<Outlier[]> {
  const count = features.length / size;
  if (count < leastImages) return [];
  const chosen = shuffle([...Array(count).keys()], seededRandom(seed)).slice(0, mostReferences);
  const pause = takingTurns(signal);
  const likeness = new Float64Array(count);
  const { directions, references } = tf.tidy(() => {
    const rows = tf.tensor2d(features, [count, size]);
    const centered = tf.sub(rows, tf.mean(rows, 0));
    const lengths = tf.maximum(tf.norm(centered, 'euclidean', 1, true), 1e-12);
    const directions = tf.div<tf.Tensor2D>(centered, lengths);
    return { directions, references: tf.gather(directions, tf.tensor1d(chosen, 'int32')) };
  });
  try {
    for (let from = 0; from < count; from += blockRows) {
      await pause();
      const rows = Math.min(blockRows, count - from);
      const cosines = tf.tidy(() =>
        tf
          .matMul(tf.slice(directions, [from, 0], [rows, size]), references, false, true)
          .dataSync<'float32'>(),
      );
      for (let i = 0; i < rows; i++)
        likeness[from + i] = averageLargest(cosines.subarray(i * chosen.length, (i + 1) * chosen.length));
    }
  } finally {
    directions.dispose();
    references.dispose();
  }
  return selectFarAway(likeness);
}

/** The mean of the largest values after the first, which is the image's cosine with itself or with a copy of it. */
function averageLargest(values: Float32Array): number {
  const largest = new Float64Array(neighbors + 1).fill(-1);
  for (const value of values) {
    if (value <= (largest[neighbors] ?? 0)) continue;
    let at = neighbors;
    for (; at > 0 && value > (largest[at - 1] ?? 1); at--) largest[at] = largest[at - 1] ?? 0;
    largest[at] = value;
  }
  return largest.slice(1).reduce((sum, value) => sum + value, 0) / neighbors;
}

/** By the median and the median distance from it, on which outliers have no influence. */
function selectFarAway(likeness: Float64Array): Outlier[] {
  const middle = medianOf(likeness);
  const deviation = 1.4826 * medianOf(likeness.map(value => Math.abs(value - middle)));
  return [...likeness]
    .map((value, row) => ({ row, likeness: value }))
    .filter(each => each.likeness < middle - farAway * deviation)
    .sort((a, b) => a.likeness - b.likeness);
}

function medianOf(values: Float64Array): number {
  return values.slice().sort()[Math.floor(values.length / 2)] ?? 0;
}
