// What a training has to say of photos that are copies of each other.

import { type DataSet, type Example, type Split, subsets } from './data-set.js';

/** Photos that are copies of each other, and where they are. */
export interface CopiesInData extends Pick<DataSet, 'classNames' | 'examples'> {
  /** Places among the examples, of each group. */
  readonly copies: readonly (readonly number[])[];
  readonly split: Split;
}

/** Warnings about copies whose classes contradict each other, and about those that folders have put into several subsets. */
export function describeCopies({ classNames, examples, copies, split }: CopiesInData): string[] {
  // The scan tells of files of the same bytes.
  const groups = copies
    .map(group => group.flatMap(place => examples[place] ?? []))
    .filter(group => new Set(group.map(({ hash }) => hash)).size > 1);
  return [...describeContradictions(groups, classNames), ...describeTorn(groups, split)];
}

function describeContradictions(groups: readonly Example[][], classNames: readonly string[]): string[] {
  const found = groups.flatMap(([first, ...others]) => {
    const other = others.find(({ label }) => label !== first?.label);
    return first === undefined || other === undefined ? [] : [[first, other] as const];
  });
  const [pair] = found;
  if (pair === undefined) return [];
  const names = pair.map(({ path, label }) => `${path} (${classNames[label] ?? ''})`).join(' and ');
  return [
    `Copies of one photo in several classes: ${found.length}, e.g. ${names}. One of the classes is wrong: ` +
      '`finetune inspect` shows them side by side.',
  ];
}

function describeTorn(groups: readonly Example[][], split: Split): string[] {
  const subsetOf = new Map(
    subsets.flatMap(subset => split[subset].map(({ path }) => [path, subset] as const)),
  );
  const torn = groups.filter(group => new Set(group.map(({ path }) => subsetOf.get(path))).size > 1);
  const trained = torn.map(group => group.filter(({ path }) => subsetOf.get(path) === 'train'));
  const heldOut = torn.map(group => group.filter(({ path }) => subsetOf.get(path) !== 'train'));
  const flattering = heldOut.filter((_, i) => (trained[i]?.length ?? 0) > 0).flat();
  const i = trained.findIndex(group => group.length > 0);
  const [original, copy] = [trained[i]?.[0], heldOut[i]?.[0]];
  if (original === undefined || copy === undefined) return [];
  return [
    `Held-out images that are copies of training images: ${flattering.length}, e.g. ${copy.path} of ${original.path}. ` +
      'The accuracy on unseen images is overestimated: leave out one of each pair.',
  ];
}
