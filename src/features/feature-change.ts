// What storing weights in fewer bits does to a backbone's features, measured on made-up images: for `finetune prepare`.

import type { Card } from '../backbones/card.js';
import { preprocessInput } from '../backbones/preprocessing.js';
import { generateImages } from '../data/generated-images.js';
import { compileGraph } from '../formats/onnx/compile.js';
import { cosineOf } from '../inference/cosine.js';
import type { ImageBatch } from '../inference/session.js';
import { withSession } from '../inference/temporary-model.js';
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

/** Height and width for a network whose input is open. */
const defaultSize = 224;

/** Runs both networks, without their tops, on the same images. */
export async function measureFeatureChange(
  original: Network,
  stored: Network,
  card: Omit<Card, 'sha256'>,
): Promise<FeatureChange> {
  const images = makeInputs(card);
  const before = await computeFeatures(removeTop(original, card), images);
  const after = await computeFeatures(removeTop(stored, card), images);
  const pairs = before.map((features, i) => [features, after[i] ?? new Float32Array()] as const);
  const cosines = pairs.map(([one, other]) => cosineOf(one, other));
  return {
    cosineMean: cosines.reduce((sum, value) => sum + value, 0) / cosines.length,
    cosineLowest: Math.min(...cosines),
    largest: Math.max(...pairs.map(([one, other]) => relativeDifference(one, other))),
  };
}

function makeInputs({ inputShape, preprocessing }: Pick<Card, 'inputShape' | 'preprocessing'>): ImageBatch[] {
  const [height, width, channels] = inputShape;
  const size = [height ?? defaultSize, width ?? defaultSize] as const;
  return generateImages(size, channels).map(({ data }) => ({
    input: preprocessInput(data, preprocessing),
    shape: [1, ...size, channels],
  }));
}

function computeFeatures(network: Network, images: readonly ImageBatch[]): Promise<Float32Array[]> {
  return withSession(compileGraph(network), {}, async session => {
    const features: Float32Array[] = [];
    for (const { input, shape } of images) features.push((await session.run(input, shape)).data);
    return features;
  });
}

function relativeDifference(before: Float32Array, after: Float32Array): number {
  const largest = before.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const differences = before.map((value, i) => Math.abs(value - (after[i] ?? Number.NaN)));
  const difference = differences.reduce((most, value) => Math.max(most, value), 0);
  return largest === 0 ? 0 : difference / largest;
}
