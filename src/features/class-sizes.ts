// How much there is of each class of a data set.

import { stat } from 'node:fs/promises';
import type { DataSet, Example, Split } from '../data/data-set.js';
import { systemPath } from '../data/names.js';
import type { PhotoTraits } from '../data/photo-traits.js';
import type { InspectedClass } from './inspection.js';

/**
 * Counts and sizes by class.
 * @param traits by the sha-256 of the file
 */
export async function describeClasses({
  dataSet,
  traits,
  split,
}: {
  readonly dataSet: Pick<DataSet, 'classNames' | 'examples'>;
  readonly traits: ReadonlyMap<string, Pick<PhotoTraits, 'size'>>;
  readonly split: Split;
}): Promise<InspectedClass[]> {
  const bytes = await Promise.all(
    dataSet.examples.map(async ({ file, label }) => ({
      label,
      size: await stat(systemPath(file)).then(
        ({ size }) => size,
        () => 0,
      ),
    })),
  );
  return dataSet.classNames.map((name, label) => {
    const ofClass = (examples: readonly Example[]) => examples.filter(example => example.label === label);
    const sizes = ofClass(dataSet.examples).flatMap(({ hash }) => [traits.get(hash)?.size ?? []]);
    const own = bytes.filter(each => each.label === label);
    return {
      name,
      images: own.length,
      bytes: own.reduce((sum, { size }) => sum + size, 0),
      medianSize: [
        medianOf(sizes.map(([height = 0]) => height)),
        medianOf(sizes.map(([, width = 0]) => width)),
      ],
      subsets: {
        train: ofClass(split.train).length,
        val: ofClass(split.val).length,
        test: ofClass(split.test).length,
      },
    };
  });
}

function medianOf(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
