// Scaling of features before training, and its folding into the first dense layer, so that a saved model takes raw features.

import { FinetuneError } from '../errors.js';
import { elementCount } from '../network/source.js';
import { readInOrder, type TrainingData } from './data.js';
import type { DenseWeights } from './head.js';

/** `scaled[j] = (raw[j] - mean[j]) * factor[j]` */
export interface Scaling {
  readonly mean: Float64Array;
  readonly factor: Float64Array;
}

/**
 * Centres every feature, divides it by `sqrt(its variance + mean variance)`, then all of them by one common scale,
 * so that their mean variance is 1. The mean variance in the root keeps features that hardly vary from being blown
 * up to the size of the others: on ten images a class that costs three points of accuracy and more. Where the features
 * are groups, that is done to each group, which is then multiplied with its weight.
 * @throws FinetuneError `bad-weights` when a feature is no finite number
 */
export async function planScaling(data: TrainingData): Promise<Scaling> {
  const size = elementCount(data.shape);
  const mean = await averagePowers(data, new Float64Array(size), 1);
  const variance = await averagePowers(data, mean, 2);
  const factor = new Float64Array(size);
  let start = 0;
  for (const { size: length, weight } of data.groups ?? [{ size, weight: 1 }]) {
    factor.set(scaleGroup(variance.subarray(start, start + length), weight), start);
    start += length;
  }
  return { mean, factor };
}

/** The factors of features that belong together. */
function scaleGroup(variance: Float64Array, weight: number): Float64Array {
  const meanVariance = average(variance);
  if (!Number.isFinite(meanVariance)) {
    throw new FinetuneError(
      'bad-weights',
      'The backbone gave features that are no finite numbers. Its weights or its preprocessing are wrong: prepare it again.',
    );
  }
  // No feature varies at all: whatever the factor, all scaled features are 0.
  if (meanVariance === 0) return new Float64Array(variance.length).fill(1);
  const common = Math.sqrt(average(variance.map(each => each / (each + meanVariance))));
  return variance.map(each => weight / (Math.sqrt(each + meanVariance) * common));
}

/**
 * The dense layer on raw features that gives what `dense` gives on scaled ones: `W' = W * factor`,
 * `b' = b - mean . W'`.
 */
export function foldScaling({ kernel, bias }: DenseWeights, { mean, factor }: Scaling): DenseWeights {
  const units = bias.length;
  const foldedKernel = kernel.slice();
  const foldedBias = Float64Array.from(bias);
  factor.forEach((scale, j) => {
    const center = mean[j]!;
    for (let k = 0, at = j * units; k < units; k++, at++) {
      foldedKernel[at]! *= scale;
      // From the rounded weight, as the model will use it: what rounding takes from a large mean, the bias gives back.
      foldedBias[k]! -= center * foldedKernel[at]!;
    }
  });
  return { kernel: foldedKernel, bias: Float32Array.from(foldedBias) };
}

/**
 * Scales some columns of all rows.
 * @param features whole rows, `[n, size]`
 * @returns `[n, to - from]`
 */
export function scaleColumns(
  features: Float32Array,
  { mean, factor }: Scaling,
  { from, to } = { from: 0, to: mean.length },
): Float32Array {
  const size = mean.length;
  const scaled = new Float32Array((features.length / size) * (to - from));
  for (let row = 0, at = 0; row < features.length; row += size) {
    for (let j = from; j < to; j++) scaled[at++] = (features[row + j]! - mean[j]!) * factor[j]!;
  }
  return scaled;
}

/** The same images with scaled features. */
export function scaleData(data: TrainingData, scaling: Scaling): TrainingData {
  const { labels, shape } = data;
  return { labels, shape, read: async rows => scaleColumns(await data.read(rows), scaling) };
}

/** The mean over all images of `(feature - center) ** power`, for every feature. */
async function averagePowers(data: TrainingData, center: Float64Array, power: 1 | 2): Promise<Float64Array> {
  const size = center.length;
  const images = data.labels.length;
  const means = new Float64Array(size);
  for await (const features of readInOrder(data)) {
    for (let at = 0; at < features.length; at += size) {
      for (let j = 0; j < size; j++) {
        const distance = features[at + j]! - center[j]!;
        means[j]! += (power === 2 ? distance * distance : distance) / images;
      }
    }
  }
  return means;
}

function average(values: Float64Array): number {
  return values.reduce((sum, each) => sum + each, 0) / values.length;
}
