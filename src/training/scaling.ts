// Scaling of features before training, and its folding into the first dense layer, so that a saved model takes raw features.

import { FinetuneError } from '../errors.js';
import type { DenseWeights } from './head.js';

/** `scaled[j] = (raw[j] - mean[j]) * factor[j]` */
export interface Scaling {
  readonly mean: Float64Array;
  readonly factor: Float64Array;
}

/**
 * Centres every feature, divides it by `sqrt(its variance + mean variance)`, then all of them by one common scale,
 * so that their mean variance is 1. The mean variance in the root keeps features that hardly vary from being blown
 * up to the size of the others: on ten images a class that costs three points of accuracy and more.
 * @param features `[n, size]`, row-major
 * @throws FinetuneError `bad-weights` when a feature is no finite number
 */
export function planScaling(features: Float32Array, size: number): Scaling {
  const { mean, variance } = momentsOf(features, size);
  const meanVariance = average(variance);
  if (!Number.isFinite(meanVariance)) {
    throw new FinetuneError(
      'bad-weights',
      'The backbone answered with features that are no finite numbers. Its weights or its preprocessing are wrong: prepare it again.',
    );
  }
  // No feature varies at all: whatever the factor, all scaled features are 0.
  if (meanVariance === 0) return { mean, factor: new Float64Array(size).fill(1) };
  const common = Math.sqrt(average(variance.map(each => each / (each + meanVariance))));
  return { mean, factor: variance.map(each => 1 / (Math.sqrt(each + meanVariance) * common)) };
}

/**
 * The dense layer on raw features that answers as `dense` does on scaled ones: `W' = W * factor`,
 * `b' = b - mean . W'`.
 */
export function foldScaling({ kernel, bias }: DenseWeights, { mean, factor }: Scaling): DenseWeights {
  const units = bias.length;
  const foldedKernel = new Float32Array(kernel.length);
  const foldedBias = Float64Array.from(bias);
  for (let j = 0; j < mean.length; j++) {
    for (let k = 0; k < units; k++) {
      foldedKernel[j * units + k] = kernel[j * units + k]! * factor[j]!;
      // From the rounded weight, as the model will use it: what rounding takes from a large mean, the bias gives back.
      foldedBias[k]! -= mean[j]! * foldedKernel[j * units + k]!;
    }
  }
  return { kernel: foldedKernel, bias: Float32Array.from(foldedBias) };
}

/** Scales the columns `from` to `to` of the given rows. @returns `[rows.length, to - from]` */
export function scaleRows(
  features: Float32Array,
  { mean, factor }: Scaling,
  rows: ArrayLike<number>,
  from = 0,
  to = mean.length,
): Float32Array {
  const size = mean.length;
  const scaled = new Float32Array(rows.length * (to - from));
  for (let i = 0, at = 0; i < rows.length; i++) {
    const row = rows[i]! * size;
    for (let j = from; j < to; j++) scaled[at++] = (features[row + j]! - mean[j]!) * factor[j]!;
  }
  return scaled;
}

function momentsOf(features: Float32Array, size: number): { mean: Float64Array; variance: Float64Array } {
  const rows = features.length / size;
  const mean = new Float64Array(size);
  const variance = new Float64Array(size);
  for (let at = 0; at < features.length; at += size) {
    for (let j = 0; j < size; j++) mean[j]! += features[at + j]! / rows;
  }
  for (let at = 0; at < features.length; at += size) {
    for (let j = 0; j < size; j++) variance[j]! += (features[at + j]! - mean[j]!) ** 2 / rows;
  }
  return { mean, variance };
}

function average(values: Float64Array): number {
  return values.reduce((sum, each) => sum + each, 0) / values.length;
}
