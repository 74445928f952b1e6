// Images that are like no others of their class, by their features.

import { tf } from '../engines/tfjs.js';
import { seededRandom, shuffle } from './random.js';
import { takingTurns } from './turns.js';

/** An image that is unlike all others of its class. */
export interface Outlier {
  /** Its row. */
  readonly row: number;
  /** Mean cosine of its features with those of its class that are most like it, both less the mean of all. */
  readonly likeness: number;
}

/** How many images of its class that are most like it an image is compared with: a quarter of a class, so many at most. */
const mostNeighbors = 10;

/** In a larger data set an image looks for them among so many, drawn by chance. */
const mostReferences = 5000;

/** All but the tenth of the images that is least like others is usual; how far its end lies below the middle is the measure. */
const usualPart = 0.1;

/**
 * So many times as far below the middle is unusual. With 20 photos of other things among 1,378 of ten hand signs, 13 of them
 * were below, and 7 others; among 2,178 of signs and flowers, 18 and 8; among 800 of flowers, which vary more, none and none.
 */
const farAway = 2;

/** Cosines that differ by less are the same. */
const leastSpread = 0.01;

/** Below this many images, nothing is unusual. */
const leastImages = 20;

const blockRows = 256;

/**
 * Finds outliers by their nearest neighbours in their class. Needs a started engine; leaves no tensor behind.
 * @param features `[images, size]`, finite
 * @param labels of the images, from 0
 * @returns the most unlike first
 */
export async function findOutliers(
  features: Float32Array,
  labels: Int32Array,
  { seed, signal }: { readonly seed: number; readonly signal: AbortSignal },
): Promise<Outlier[]> {
  const [count, size] = [labels.length, features.length / labels.length];
  if (count < leastImages) return [];
  const chosen = shuffle([...Array(count).keys()], seededRandom(seed)).slice(0, mostReferences);
  const pause = takingTurns(signal);
  const referenceLabels = Int32Array.from(chosen, row => labels[row] ?? 0);
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
        likeness[from + i] = averageNearest(
          cosines.subarray(i * chosen.length, (i + 1) * chosen.length),
          referenceLabels,
          labels[from + i] ?? 0,
        );
    }
  } finally {
    directions.dispose();
    references.dispose();
  }
  return selectFarAway(likeness);
}

/**
 * The mean cosine with those of its class that are nearest, after the first, which is the image itself or a copy of it.
 * @returns the most there can be for an image that is alone in its class: it is like all of that
 */
function averageNearest(cosines: Float32Array, labels: Int32Array, label: number): number {
  const own = cosines.filter((_, i) => labels[i] === label).sort();
  const count = Math.min(mostNeighbors, Math.max(1, Math.floor(own.length / 4)), own.length - 1);
  if (count < 1) return 1;
  return own.subarray(-count - 1, -1).reduce((sum, value) => sum + value, 0) / count;
}

function selectFarAway(likeness: Float64Array): Outlier[] {
  const sorted = likeness.slice().sort();
  const middle = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const usual = sorted[Math.floor(sorted.length * usualPart)] ?? 0;
  return [...likeness]
    .map((value, row) => ({ row, likeness: value }))
    .filter(each => each.likeness < middle - farAway * Math.max(middle - usual, leastSpread))
    .sort((a, b) => a.likeness - b.likeness);
}
