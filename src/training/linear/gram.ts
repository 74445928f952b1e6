// Products of scaled images with each other, the Gram matrix: all that a search among mixes of images needs to know of
// their features.

import type { Rank } from '@tensorflow/tfjs-core';
import { tf } from '../../engines/tfjs.js';
import type { FeatureGroup } from '../data.js';
import { type Scaling, scaleColumns } from '../scaling.js';

/** The raw features of all images, `[images, d]`, and how they are scaled. */
export interface ScaledImages {
  readonly features: Float32Array;
  readonly scaling: Scaling;
  readonly images: number;
}

interface Columns {
  readonly from: number;
  readonly to: number;
}

/**
 * Multiplies all images with each other, by strips of features: never all of them as a tensor.
 * @returns `[images, images]`, symmetric
 */
export function computeGram(given: ScaledImages, columns?: Columns): tf.Tensor2D {
  const { images } = given;
  let gram = tf.zeros<Rank.R2>([images, images]);
  for (const strip of strips(given, columns)) {
    const sum = tf.tidy(() => {
      const scaled = matrix(strip, strip.length / images);
      return tf.add<tf.Tensor2D>(gram, tf.matMul(scaled, tf.transpose(scaled)));
    });
    gram.dispose();
    gram = sum;
  }
  return gram;
}

/** Keeps the products of each group of features, while heads on some of them, with several weights, are compared. */
export class GroupGrams {
  /** The products at weight 1, by the first column of the group. */
  readonly #known = new Map<number, tf.Tensor2D>();

  /**
   * @param given always the same images; their features may be the first groups of those before
   * @param groups of their features, scaled as they say
   * @returns `[images, images]`, symmetric; whoever gets it disposes it
   */
  sum(given: ScaledImages, groups: readonly FeatureGroup[]): tf.Tensor2D {
    return tf.tidy(() => {
      let from = 0;
      return groups
        .map(({ size, weight }) => {
          const gram = this.#gramOf(given, { from, to: from + size }, weight ** 2);
          from += size;
          return tf.mul<tf.Tensor2D>(gram, weight ** 2);
        })
        .reduce((sum, gram) => tf.add(sum, gram));
    });
  }

  #gramOf(given: ScaledImages, columns: Columns, square: number): tf.Tensor2D {
    const known = this.#known.get(columns.from);
    if (known !== undefined) return known;
    const gram = tf.keep(tf.div<tf.Tensor2D>(computeGram(given, columns), square));
    this.#known.set(columns.from, gram);
    return gram;
  }

  /** Frees what is kept. */
  dispose(): void {
    for (const gram of this.#known.values()) gram.dispose();
    this.#known.clear();
  }
}

const stripBytes = 2 ** 26;

/** The scaled features by strips of columns: `[images, width]` each. */
export function* strips(
  { features, scaling, images }: ScaledImages,
  { from, to }: Columns = { from: 0, to: scaling.mean.length },
): Generator<Float32Array> {
  const width = Math.max(1, Math.floor(stripBytes / 4 / images));
  for (let start = from; start < to; start += width) {
    yield scaleColumns(features, scaling, { from: start, to: Math.min(to, start + width) });
  }
}

/** A tensor of `[values.length / columns, columns]`. */
export function matrix(values: Float64Array | Float32Array, columns: number): tf.Tensor2D {
  return tf.tensor2d(
    values instanceof Float32Array ? values : Float32Array.from(values),
    [values.length / columns, columns],
    'float32',
  );
}
