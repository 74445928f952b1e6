// How a training divides its images: by chance, but with what belongs together in one subset.

import type { DataSet, Split } from '../data/data-set.js';
import { describeTornGroups, groupExamples } from '../data/groups.js';
import {
  describeMissingFolds,
  describeMissingValidation,
  planSplit,
  type SplitOptions,
} from '../data/split.js';
import { findKnownCopies } from '../features/known-copies.js';

/** What decides. */
export interface SplitPlan extends SplitOptions {
  /** A regular expression over paths. */
  readonly groupBy: string | undefined;
  /** The feature store's folder, which knows the pictures of photos that were seen before. */
  readonly store: string;
}

/** A data set whose images know their groups, and how it is divided. */
export interface DividedData {
  readonly dataSet: DataSet;
  readonly split: Split;
  /** Places of images that are copies of each other, as far as that is known. */
  readonly copies: readonly (readonly number[])[];
  /** What people should know of it. */
  readonly warnings: readonly string[];
}

/**
 * Divides a data set: images of one group, and copies as far as they are known, share a subset.
 * @throws FinetuneError `bad-option`; the signal's reason once it is aborted
 */
export async function splitData(
  given: DataSet,
  { groupBy, store, ...options }: SplitPlan,
  signal: AbortSignal,
): Promise<DividedData> {
  const copies = await findKnownCopies(given.examples, { store, signal });
  const dataSet = await groupExamples(given, { groupBy, copies });
  const split = planSplit(dataSet, options);
  const torn = groupBy === undefined ? [] : describeTornGroups(split);
  const missing =
    options.folds === undefined
      ? describeMissingValidation(dataSet, split.val)
      : describeMissingFolds(dataSet, split.train);
  return { dataSet, split, copies, warnings: [...torn, ...missing] };
}
