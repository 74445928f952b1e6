// Whether what could be read is enough to train on.

import type { DataSet, Subset } from '../data/data-set.js';
import { FinetuneError } from '../errors.js';
import type { BadImage } from '../events.js';

/** An image that could be read. */
interface ReadImage {
  readonly subset: Subset;
  readonly example: { readonly label: number };
}

/** @throws FinetuneError `bad-data-set` where a class has no image to train on */
export function validateClasses(
  kept: readonly ReadImage[],
  bad: readonly BadImage[],
  { classNames }: Pick<DataSet, 'classNames'>,
): void {
  const trained = new Set(kept.flatMap(({ subset, example }) => (subset === 'train' ? example.label : [])));
  const missing = classNames.find((_, label) => !trained.has(label));
  if (missing === undefined) return;
  throw new FinetuneError(
    'bad-data-set',
    `Class "${missing}" has no readable training image. Expected at least one; ` +
      `${bad.length} images of the data set could not be read.`,
  );
}
