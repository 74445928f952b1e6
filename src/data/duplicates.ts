// Byte-identical images: harmless within a class, a contradiction between two, a leak between two sides.

import type { ImageFile, Side } from './data-set.js';

/** Warnings about byte-identical images, each with an example. */
export function describeDuplicates(
  images: readonly ImageFile[],
  classNames: readonly string[],
  sides: ReadonlyMap<string, Side> | undefined,
): string[] {
  const groups = groupByContent(images).filter(group => group.length > 1);
  const differIn = (trait: (image: ImageFile) => unknown) =>
    groups.filter(group => new Set(group.map(trait)).size > 1);
  const conflicting = differIn(image => image.label);
  const leaking = differIn(image => sides?.get(image.path));
  const harmful = new Set([...conflicting, ...leaking]);
  const harmless = groups.filter(group => !harmful.has(group));
  const classesOf = (group: readonly ImageFile[]) =>
    [...new Set(group.map(({ label }) => classNames[label]))].join(' and ');
  return [
    ...describe(
      'Images in two classes, which contradict each other',
      conflicting,
      group => ` (${classesOf(group)})`,
    ),
    ...describe('Images on two sides of the split, so that scores flatter', leaking),
    ...describe('Images that exist more than once, kept on one side of the split', harmless),
  ];
}

function groupByContent(images: readonly ImageFile[]): ImageFile[][] {
  const groups = new Map<string, ImageFile[]>();
  for (const image of images) {
    const group = groups.get(image.hash);
    if (group === undefined) groups.set(image.hash, [image]);
    else group.push(image);
  }
  return [...groups.values()];
}

function describe(
  what: string,
  groups: readonly (readonly ImageFile[])[],
  detail: (group: readonly ImageFile[]) => string = () => '',
): string[] {
  const [example] = groups;
  if (example === undefined) return [];
  const paths = example.slice(0, 3).map(({ path }) => path);
  return [`${what}: ${groups.length}, e.g. ${paths.join(' = ')}${detail(example)}.`];
}
