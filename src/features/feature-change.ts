// What storing weights in fewer bits does to a backbone's features, measured on made-up photos.

import type { Card } from '../backbones/card.js';
import { preprocessInput } from '../backbones/preprocessing.js';
import { generateImages } from '../data/generated-images.js';
import type { Pixels } from '../data/image-rules.js';
import { compileOnnx } from '../formats/onnx/compile.js';
import { openSession } from '../inference/session.js';
import { removeTop } from '../network/cut.js';
import type { Network } from '../network/network.js';

/** How features of the stored network compare with those of the original. */
export interface FeatureChange {
  /** Cosine of an image's features before and after: mean and lowest over the images. 1 is unchanged. */
  readonly cosineMean: number;
  readonly cosineLowest: number;
  /** Largest difference of a feature, as a part of the largest feature. */
  readonly largest: number;
}

/** For a network whose input is open. */
const defaultSide = 224;

/** Runs both networks, without their tops, on the same images. */
export async function measureFeatureChange(
  original: Network,
  stored: Network,
  card: Omit<Card, 'sha256'>,
): Promise<FeatureChange> {
  const images = generateImages(sizeOf(card));
  const before = await featuresOf(removeTop(original, card), images, card);
  const after = await featuresOf(removeTop(stored, card), images, card);
  const cosines = before.map((features, i) => cosine(features, after[i]!));
  return {
    cosineMean: cosines.reduce((sum, value) => sum + value, 0) / cosines.length,
    cosineLowest: Math.min(...cosines),
    largest: Math.max(...before.map((features, i) => relativeDifference(features, after[i]!))),
  };
}

function sizeOf({ inputShape: [height, width] }: Pick<Card, 'inputShape'>): [height: number, width: number] {
  return [height ?? defaultSide, width ?? defaultSide];
}

async function featuresOf(
  network: Network,
  images: readonly Pixels[],
  card: Pick<Card, 'inputShape' | 'preprocessing'>,
): Promise<Float32Array[]> {
  const session = await openSession(compileOnnx(network));
  try {
    const features: Float32Array[] = [];
    for (const { data } of images) {
      const input = preprocessInput(data, card.preprocessing);
      features.push((await session.run(input, [1, ...sizeOf(card), 3])).data);
    }
    return features;
  } finally {
    await session.release();
  }
}

function cosine(one: Float32Array, other: Float32Array): number {
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
  const norms = Math.sqrt(dot(one, one) * dot(other, other));
  return norms === 0 ? 1 : dot(one, other) / norms;
}

function relativeDifference(before: Float32Array, after: Float32Array): number {
  const largest = before.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const difference = before.reduce((most, value, i) => Math.max(most, Math.abs(value - after[i]!)), 0);
  return largest === 0 ? 0 : difference / largest;
}
