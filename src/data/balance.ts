// Classes of few images, and classes of very different sizes.

import type { DataSet } from './data-set.js';

/** Fewer images a class than this say little of how good a classifier will be. */
const fewImages = 20;

/** How many times as many images the largest class may have as the smallest. */
const mostTimes = 10;

/** Names of classes that a message holds. */
const namesInMessage = 5;

/** Warnings about classes of few images, and about sizes that are far apart, each with a remedy. */
export function describeBalance({
  classNames,
  examples,
}: Pick<DataSet, 'classNames' | 'examples'>): string[] {
  const counts = classNames.map(name => ({ name, count: 0 }));
  for (const { label, subset = 'train' } of examples) {
    const own = counts[label];
    if (subset === 'train' && own !== undefined) own.count += 1;
  }
  const filled = counts.filter(({ count }) => count > 0).sort((a, b) => a.count - b.count);
  return [...describeFew(filled), ...describeImbalance(filled)];
}

interface ClassCount {
  readonly name: string;
  readonly count: number;
}

function describeFew(counts: readonly ClassCount[]): string[] {
  const few = counts.filter(({ count }) => count < fewImages);
  if (few.length === 0) return [];
  const some = few.slice(0, namesInMessage).map(({ name, count }) => `${name} (${count})`);
  const rest = few.length > some.length ? ` and ${few.length - some.length} more` : '';
  return [
    `Fewer than ${fewImages} images: ${some.join(', ')}${rest}. Add photos of ${few.length === 1 ? 'this class' : 'these classes'}, ` +
      'or take the accuracy with a grain of salt.',
  ];
}

function describeImbalance(counts: readonly ClassCount[]): string[] {
  const [smallest, largest] = [counts[0], counts.at(-1)];
  if (smallest === undefined || largest === undefined) return [];
  if (largest.count <= mostTimes * smallest.count) return [];
  return [
    `${largest.name} has ${largest.count} images, ${smallest.name} only ${smallest.count}: rare classes will be predicted ` +
      `too rarely. Add photos of ${smallest.name}, or train with --class-weights balanced.`,
  ];
}
