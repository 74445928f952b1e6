// What a training tells of its data before it starts, and of its images once they were read.

import { describeBalance } from '../../data/balance.js';
import type { DataSet } from '../../data/data-set.js';
import { describeNarrowRanges } from '../../data/value-range.js';
import type { EmitEvent } from '../../events.js';
import type { FeatureSet } from '../../features/feature-set.js';

/** Warnings, bad images and counts of a data set. @param more warnings of the split */
export function tellOfDataSet(dataSet: DataSet, more: readonly string[], emit: EmitEvent) {
  const { warnings, bad, examples, classNames, excluded = 0 } = dataSet;
  const all = [...warnings, ...describeBalance(dataSet), ...more];
  for (const message of all) emit({ type: 'warning', message });
  for (const image of bad) emit({ type: 'bad-image', image });
  if (excluded > 0) emit({ type: 'notice', message: `Left out by --exclude: ${excluded} files.` });
  emit({ type: 'scan', images: examples.length, classes: classNames.length, bad: bad.length });
}

/** Images that could not be read, and those that were read by a part of their range. */
export function tellOfImages({ bad, narrowRanges }: FeatureSet, emit: EmitEvent) {
  for (const image of bad) emit({ type: 'bad-image', image });
  const message = describeNarrowRanges(narrowRanges);
  if (message !== undefined) emit({ type: 'warning', message });
}
