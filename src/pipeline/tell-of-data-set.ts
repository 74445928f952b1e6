// What a training tells of its data before it starts.

import type { DataSet } from '../data/data-set.js';
import type { EmitEvent } from '../events.js';

/** Warnings, bad images and counts of a data set. @param more warnings of the split */
export function tellOfDataSet(
  { warnings, bad, examples, classNames }: DataSet,
  more: readonly string[],
  emit: EmitEvent,
) {
  for (const message of [...warnings, ...more]) emit({ type: 'warning', message });
  for (const image of bad) emit({ type: 'bad-image', image });
  emit({ type: 'scan', images: examples.length, classes: classNames.length, bad: bad.length });
}
