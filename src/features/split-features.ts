// Features and labels per side of the split.

import type { Example, Subset } from '../data/data-set.js';
import { FinetuneError } from '../errors.js';
import { dataInMemory, type TrainingData } from '../training/data.js';
import type { ExtractedFeatures } from './extract.js';

/** Features and labels of each subset. */
export type Sides = Readonly<Record<Subset, TrainingData>>;

const sidesInOrder = ['train', 'val', 'test'] as const;

/** The order in which images have to be extracted, so that each side's features are one part of the matrix. */
export function bySide(split: Readonly<Record<Subset, readonly Example[]>>): Example[] {
  return sidesInOrder.flatMap(side => split[side]);
}

/** The images whose features a side has, in their order. */
export function readableOn(
  side: Subset,
  { images }: ExtractedFeatures,
  split: Readonly<Record<Subset, readonly Example[]>>,
): Example[] {
  const readable = new Set(images);
  return split[side].filter(image => readable.has(image));
}

/**
 * Deals the features of images, extracted `bySide`, out to their sides, without a copy.
 * @throws FinetuneError `bad-data-set` when bad images left a class without training images
 */
export function splitFeatures(
  extracted: ExtractedFeatures,
  split: Readonly<Record<Subset, readonly Example[]>>,
  classNames: readonly string[],
): Sides {
  const { features, size, bad } = extracted;
  let start = 0;
  const take = (side: Subset): TrainingData => {
    const labels = Int32Array.from(readableOn(side, extracted, split), ({ label }) => label);
    const end = start + labels.length;
    const part = features.subarray(start * size, end * size);
    start = end;
    return dataInMemory(part, labels, [size]);
  };
  const [train, val, test] = sidesInOrder.map(take) as [TrainingData, TrainingData, TrainingData];
  for (const [label, name] of classNames.entries()) {
    if (!train.labels.includes(label)) {
      throw new FinetuneError(
        'bad-data-set',
        `Class "${name}" has no readable training image. Expected at least one; ` +
          `${bad.length} images of the data set could not be read.`,
      );
    }
  }
  return { train, val, test };
}
