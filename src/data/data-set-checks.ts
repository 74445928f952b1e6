// What can be wrong with a data set: errors where training makes no sense, warnings elsewhere.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { FinetuneError } from '../errors.js';
import type { BadImage } from '../events.js';
import type { Example } from './data-set.js';
import { type ClassFolder, classNamesOf, listLooseImages, subsetOf, trainingFolders } from './folders.js';
import { describeLikeness, likenessOf } from './names.js';

/** The folders of a data set, and what was found in them. */
export interface ScannedFolders {
  readonly dir: string;
  readonly folders: readonly ClassFolder[];
  /** Paths relative to `dir`, each with the class folder that it lies in. */
  readonly images: readonly { readonly path: string; readonly folder: ClassFolder }[];
  readonly bad: readonly BadImage[];
  /** Paths of links to folders. */
  readonly linked: readonly string[];
  /** Folders that cannot be looked into. */
  readonly unreadable: readonly BadImage[];
  /** Paths of archives, videos and the like. */
  readonly containers: readonly string[];
}

/**
 * Refuses what is no data set, and what can be measured on, but not trained on.
 * @throws FinetuneError `bad-data-set`
 */
export function validateFolders(scanned: ScannedFolders, purpose: 'train' | 'measure'): void {
  const { dir, folders, images } = scanned;
  if (images.length === 0) {
    refuse(
      `No images in ${dir}. Expected one sub-folder per class holding JPEG, PNG or WebP files.${noteSkipped(scanned)}`,
    );
  }
  validateClasses(folders);
  if (purpose === 'train') validateTrainable(scanned);
}

function validateClasses(folders: readonly ClassFolder[]): void {
  const classNames = classNamesOf(folders);
  const strange = folders.find(({ className }) => !classNames.includes(className));
  if (strange === undefined) return;
  const { className, path } = strange;
  const like = classNames.find(name => describeLikeness(className, name) !== undefined);
  const difference = like === undefined ? undefined : describeLikeness(className, like);
  const hint = difference === undefined ? '' : ` Its name and "${like}" differ ${difference}.`;
  refuse(
    `${path}/ is no class of train/. Expected only folders named as there: ${classNames.join(', ')}.${hint}`,
  );
}

function validateTrainable(scanned: ScannedFolders): void {
  const { dir, folders } = scanned;
  const training = trainingFolders(folders);
  const [empty] = findEmpty(training, scanned);
  if (empty !== undefined) {
    refuse(
      `Class folder ${join(dir, empty.path)} holds no image. Expected images in every class: add some, or remove the folder.${noteSkipped(scanned)}`,
    );
  }
  const [only, ...others] = training;
  if (only !== undefined && others.length === 0) refuse(describeOneClass(dir, only));
}

function findEmpty(folders: readonly ClassFolder[], { images }: ScannedFolders): ClassFolder[] {
  const filled = new Set(images.map(({ folder }) => folder.path));
  return folders.filter(({ path }) => !filled.has(path));
}

function noteSkipped(scanned: ScannedFolders): string {
  const [first] = scanned.bad;
  const badNote = first && `Unreadable files: ${scanned.bad.length}, e.g. ${first.path}: ${first.reason}.`;
  return [badNote ?? [], describeSkipped(scanned)]
    .flat()
    .map(note => ` ${note}`)
    .join('');
}

function refuse(message: string): never {
  throw new FinetuneError('bad-data-set', message);
}

function describeOneClass(dir: string, { path }: ClassFolder): string {
  const nested = readdirSync(join(dir, path), { withFileTypes: true }).filter(entry => entry.isDirectory());
  const names = nested.slice(0, 5).map(({ name }) => name);
  const hint =
    nested.length > 1
      ? ` ${path}/ holds folders itself (${names.join(', ')}): if those are the classes, give ${join(dir, path)}.`
      : '';
  return `${dir} holds one class only: ${path}. Expected at least two sub-folders, one per class.${hint}`;
}

/** Warnings about images that are not used, subsets that lack a class, and names that look alike. */
export async function describeFolders(scanned: ScannedFolders): Promise<string[]> {
  return [
    ...(await describeLoose(scanned)),
    ...describeEmpty(scanned),
    ...describeMissingClasses(scanned),
    ...describeNamedAsSubsets(scanned.folders),
    ...describeNested(scanned),
    ...describeAlike(classNamesOf(scanned.folders)),
    ...describeSkipped(scanned),
  ];
}

/** Images beside the class folders. */
async function describeLoose({ dir, folders }: ScannedFolders): Promise<string[]> {
  const above = new Set(folders.map(({ path }) => join(dir, path, '..')));
  const warnings: string[] = [];
  for (const folder of new Set([join(dir), ...above])) {
    const loose = await listLooseImages(folder);
    if (loose.length === 0) continue;
    warnings.push(
      `Images in ${folder === join(dir) ? dir : folder} itself, outside every class folder, not used: ${loose.length}, e.g. ${loose[0]}.`,
    );
  }
  return warnings;
}

/** Where it is not refused, since nothing is trained. */
function describeEmpty(scanned: ScannedFolders): string[] {
  const empty = findEmpty(trainingFolders(scanned.folders), scanned);
  return empty.length === 0
    ? []
    : [`Class folders without images: ${empty.map(({ path }) => path).join(', ')}.`];
}

function describeMissingClasses(scanned: ScannedFolders): string[] {
  return (['val', 'test'] as const).flatMap(subset => {
    const ofSubset = scanned.folders.filter(folder => folder.subset === subset);
    const [first] = ofSubset;
    if (first === undefined) return [];
    const empty = findEmpty(ofSubset, scanned);
    const present = ofSubset.filter(folder => !empty.includes(folder)).map(({ className }) => className);
    const missing = classNamesOf(scanned.folders).filter(name => !present.includes(name));
    const folder = first.path.slice(0, first.path.indexOf('/'));
    return missing.length === 0 ? [] : [`${folder}/ holds no image of: ${missing.join(', ')}.`];
  });
}

/** A warning about train/ or test/ without class folders in them: these may be lost, or test/ may be no class. */
function describeNamedAsSubsets(folders: readonly ClassFolder[]): string[] {
  if (folders.some(({ subset }) => subset !== undefined)) return [];
  const named = folders.filter(({ className }) => subsetOf(className) !== undefined);
  if (named.length === 0) return [];
  return [
    `Folders named as subsets, each taken as a class of its name: ${named.map(({ path }) => `${path}/`).join(', ')}. ` +
      'Expected train/ (and val/, test/) with a folder per class in each, if they are subsets.',
  ];
}

/** Classes that lie one level deeper than they are looked for. */
function describeNested({ images }: ScannedFolders): string[] {
  const inside = new Map<string, Set<string>>();
  for (const { path, folder } of images) {
    const [first = '', ...deeper] = path.slice(folder.path.length + 1).split('/');
    // An image that lies in the class folder itself: all is as it should be.
    if (deeper.length === 0) return [];
    inside.set(folder.path, (inside.get(folder.path) ?? new Set()).add(first));
  }
  if ([...inside.values()].every(names => names.size < 2)) return [];
  const some = [...inside]
    .slice(0, 3)
    .map(([path, names]) => `${path} (${[...names].slice(0, 3).join(', ')})`);
  return [
    `No image lies in a class folder itself, only in folders inside: ${some.join(', ')}. ` +
      'Each class folder counts as one class; if the folders inside are the classes, give a folder that holds them directly.',
  ];
}

/** Classes whose names people, or some systems, take for the same. */
function describeAlike(classNames: readonly string[]): string[] {
  const groups = groupBy(classNames, likenessOf).filter(group => group.length > 1);
  return groups.map(([one = '', other = '']) => {
    const difference = describeLikeness(one, other) ?? 'in a way that cannot be seen';
    return `Two classes that look alike: "${one}" and "${other}" differ ${difference}. If they are one, put their images into one folder.`;
  });
}

/** Warnings about what is passed over: links to folders, since they may loop, and what cannot be looked into. */
function describeSkipped({ linked, unreadable, containers }: ScannedFolders): string[] {
  const skipped = [
    {
      what: 'Links to folders inside class folders, not followed',
      paths: linked,
      remedy: 'Expected files, folders, or links to files there.',
    },
    {
      what: 'Folders that cannot be looked into',
      paths: unreadable.map(({ path }) => path),
      remedy: 'Their images are not used: you may not read them, or their paths are too long.',
    },
    {
      what: 'Archives, videos and documents inside class folders, not looked into',
      paths: containers,
      remedy: 'If they hold images, take these out, as JPEG or PNG files.',
    },
  ];
  return skipped.flatMap(({ what, paths, remedy }) =>
    paths.length === 0 ? [] : `${what}: ${paths.length}, e.g. ${paths[0]}. ${remedy}`,
  );
}

/** Warnings about byte-identical images: harmless within a class, a contradiction between two, a leak between subsets. */
export function describeDuplicates(examples: readonly Example[], classNames: readonly string[]): string[] {
  const groups = groupBy(examples, ({ hash }) => hash).filter(group => group.length > 1);
  const differIn = (trait: (example: Example) => unknown) =>
    groups.filter(group => new Set(group.map(trait)).size > 1);
  const conflicting = differIn(({ label }) => label);
  const leaking = differIn(({ subset }) => subset);
  const harmless = groups.filter(group => !conflicting.includes(group) && !leaking.includes(group));
  const classesOf = (group: readonly Example[]) =>
    [...new Set(group.map(({ label }) => classNames[label]))].join(' and ');
  return [
    ...describeGroups(
      'Images in two classes, which contradict each other',
      conflicting,
      group => ` (${classesOf(group)})`,
    ),
    ...describeGroups(
      'Images in two subsets, so that the accuracy on unseen images is overestimated',
      leaking,
    ),
    ...describeGroups('Images that exist more than once, kept in one subset', harmless),
  ];
}

function describeGroups(
  what: string,
  groups: readonly (readonly Example[])[],
  detail: (group: readonly Example[]) => string = () => '',
): string[] {
  const [example] = groups;
  if (example === undefined) return [];
  const paths = example.slice(0, 3).map(({ path }) => path);
  return [`${what}: ${groups.length}, e.g. ${paths.join(' = ')}${detail(example)}.`];
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Item[][] {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}
