// MixUp (Zhang et al. 2018): what is trained on lies between two images of a batch, and so does what it is called.

import { elementCount } from '../network/source.js';
import type { Batch } from './model.js';
import { type Random, shuffle } from './random.js';

/**
 * Mixes every image of a batch with another one of it, all by one weight that is drawn from Beta(alpha, alpha). The image
 * itself counts at least half, so that its own label remains the likelier one.
 */
export function mixBatch(batch: Batch, alpha: number, random: Random): Batch {
  const { features, shape, labels } = batch;
  const drawn = drawBeta(alpha, random);
  const weight = Math.min(drawn, 1 - drawn);
  const others = shuffle([...labels.keys()], random);
  const size = elementCount(shape);
  const mixed = new Float32Array(features.length);
  for (const [image, other] of others.entries()) {
    const [own, away] = [image * size, other * size];
    for (let i = 0; i < size; i++)
      mixed[own + i] = (1 - weight) * features[own + i]! + weight * features[away + i]!;
  }
  return { ...batch, features: mixed, mixed: { weight, labels: others.map(other => labels[other]!) } };
}

/** A number from 0 to 1, distributed as Beta(alpha, alpha) (Jöhnk 1964). */
export function drawBeta(alpha: number, random: Random): number {
  for (;;) {
    const [first, second] = [random() ** (1 / alpha), random() ** (1 / alpha)];
    const sum = first + second;
    if (sum > 0 && sum <= 1) return first / sum;
  }
}
