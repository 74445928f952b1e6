// What a training tells of its data before it starts.

import { describeBalance } from '../data/balance.js';
import type { DataSet } from '../data/data-set.js';
import type { EmitEvent } from '../events.js';

/** Warnings, bad images and counts of a data set. @param more warnings of the split */
export function tellOfDataSet(dataSet: DataSet, more: readonly string[], emit: EmitEvent) {
  const { warnings, bad, examples, classNames, excluded = 0 } = dataSet;
  const all = [...warnings, ...describeBalance(dataSet), ...more];
  for (const message of all) emit({ type: 'warning', message });
  for (const image of bad) emit({ type: 'bad-image', image });
  if (excluded > 0) emit({ type: 'notice', message: `Left out by --exclude: ${excluded} files.` });
  emit({ type: 'scan', images: examples.length, classes: classNames.length, bad: bad.length });
}
