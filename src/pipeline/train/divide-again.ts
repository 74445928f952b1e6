// The split once all images were seen: what was decoded shows copies that nobody knew of before.

import { describeCopies } from '../../data/copies.js';
import { type DataSet, type Split, subsets } from '../../data/data-set.js';
import { validateClasses } from '../../features/class-check.js';
import type { FeatureSet } from '../../features/feature-set.js';
import type { Context } from '../../system/context.js';
import { type DividedData, type SplitPlan, splitData } from '../split-data.js';

/** What is divided, and how it was before its images were seen. */
export interface Division {
  /** As the folder was found. */
  readonly scanned: DataSet;
  readonly plan: SplitPlan;
  readonly divided: DividedData;
  /** The features of every image as it is. */
  readonly features: FeatureSet;
}

/** Features, and the division that they are of. */
export interface SettledDivision extends Pick<DividedData, 'dataSet' | 'split'>, Pick<Division, 'features'> {}

/**
 * Tells of copies, and puts those that are on both sides of the split on one. The next training of these images, which knows
 * them from the start, divides them alike.
 * @throws FinetuneError `bad-data-set` when a class is left without training images; the signal's reason once it is aborted
 */
export async function divideAgain(
  { scanned, plan, divided, features }: Division,
  { emit, signal }: Context,
): Promise<SettledDivision> {
  // Where nothing was decoded, nothing more is known.
  const settled = features.computed === 0 ? divided : await splitData(scanned, plan, signal);
  const { dataSet, split, copies } = settled;
  for (const message of describeCopies({ ...dataSet, copies, split })) emit({ type: 'warning', message });
  if (JSON.stringify(copies) === JSON.stringify(divided.copies)) return { ...divided, features };
  const moved = countMoved(divided.split, split);
  if (moved > 0) {
    const images = moved === 1 ? '1 image was' : `${moved} images were`;
    const message = `Copies of one photo share a subset: ${images} moved to where a copy is.`;
    emit({ type: 'notice', message });
  }
  const again = features.divide(split);
  const images = subsets.flatMap(subset => again.subset(subset).images.map(each => ({ ...each, subset })));
  validateClasses(images, again.bad, dataSet);
  return { dataSet, split, features: again };
}

function countMoved(before: Split, after: Split): number {
  return subsets.reduce((sum, subset) => {
    const paths = new Set(before[subset].map(({ path }) => path));
    return sum + after[subset].filter(({ path }) => !paths.has(path)).length;
  }, 0);
}
