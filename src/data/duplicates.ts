// Byte-identical images: harmless within a class, a contradiction between two, a leak between two subsets.

import type { Example } from './data-set.js';

/** Warnings about byte-identical images, each with an example. */
export function describeDuplicates(examples: readonly Example[], classNames: readonly string[]): string[] {
  const groups = groupByContent(examples).filter(group => group.length > 1);
  const differIn = (trait: (image: Example) => unknown) =>
    groups.filter(group => new Set(group.map(trait)).size > 1);
  const conflicting = differIn(image => image.label);
  const leaking = differIn(image => image.subset);
  const harmful = new Set([...conflicting, ...leaking]);
  const harmless = groups.filter(group => !harmful.has(group));
  const classesOf = (group: readonly Example[]) =>
    [...new Set(group.map(({ label }) => classNames[label]))].join(' and ');
  return [
    ...describe(
      'Images in two classes, which contradict each other',
      conflicting,
      group => ` (${classesOf(group)})`,
    ),
    ...describe('Images in two subsets, so that the accuracy on unseen images is overestimated', leaking),
    ...describe('Images that exist more than once, kept in one subset', harmless),
  ];
}

function groupByContent(images: readonly Example[]): Example[][] {
  const groups = new Map<string, Example[]>();
  for (const image of images) {
    const group = groups.get(image.hash);
    if (group === undefined) groups.set(image.hash, [image]);
    else group.push(image);
  }
  return [...groups.values()];
}

function describe(
  what: string,
  groups: readonly (readonly Example[])[],
  detail: (group: readonly Example[]) => string = () => '',
): string[] {
  const [example] = groups;
  if (example === undefined) return [];
  const paths = example.slice(0, 3).map(({ path }) => path);
  return [`${what}: ${groups.length}, e.g. ${paths.join(' = ')}${detail(example)}.`];
}
