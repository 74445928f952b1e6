// What can be wrong with the folders of a data set: errors where training makes no sense, warnings elsewhere.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { FinetuneError } from '../errors.js';
import type { BadImage } from '../events.js';
import { type ClassFolder, classNamesOf, listLooseImages, trainingFolders } from './class-folders.js';

/** What lies in class folders and is no image to train on. */
export interface Skipped {
  readonly bad: readonly BadImage[];
  /** Paths of links to folders. */
  readonly linked: readonly string[];
}

/**
 * Refuses what is no data set.
 * @param filled paths of the class folders that hold an image
 * @throws FinetuneError `bad-data-set`
 */
export function validateFolders(
  dir: string,
  folders: readonly ClassFolder[],
  filled: ReadonlySet<string>,
  skipped: Skipped,
): void {
  const classNames = classNamesOf(folders);
  if (filled.size === 0) {
    refuse(
      `No images in ${dir}. Expected one sub-folder per class holding JPEG, PNG or WebP files.${noteSkipped(skipped)} ` +
        'See finetune train --help.',
    );
  }
  const strange = folders.find(({ className }) => !classNames.includes(className));
  if (strange !== undefined) {
    refuse(
      `${strange.path}/ is no class of train/. Expected only folders named as there: ${classNames.join(', ')}.`,
    );
  }
}

/**
 * Refuses what can be measured on, but not trained on.
 * @throws FinetuneError `bad-data-set`
 */
export function validateTrainable(
  dir: string,
  folders: readonly ClassFolder[],
  filled: ReadonlySet<string>,
  skipped: Skipped,
): void {
  const training = trainingFolders(folders);
  const empty = training.find(({ path }) => !filled.has(path));
  if (empty !== undefined) {
    refuse(
      `Class folder ${join(dir, empty.path)} holds no image. Expected images in every class: add some, or remove the folder.${noteSkipped(skipped)}`,
    );
  }
  if (training.length === 1) refuse(describeOneClass(dir, training[0]!));
}

function noteSkipped({ bad, linked }: Skipped): string {
  const [first] = bad;
  const unreadable = first && `Unreadable files: ${bad.length}, e.g. ${first.path}: ${first.reason}.`;
  return [unreadable ?? [], describeLinked(linked)]
    .flat()
    .map(note => ` ${note}`)
    .join('');
}

/** A warning where links to folders are not followed, for they may loop. */
export function describeLinked(linked: readonly string[]): string[] {
  if (linked.length === 0) return [];
  return [
    `Links to folders inside class folders, not followed: ${linked.length}, e.g. ${linked[0]}. ` +
      'Expected files, folders, or links to files there.',
  ];
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

/** Warnings about images that are not used and subsets that lack a class. */
export async function describeFolders(
  dir: string,
  folders: readonly ClassFolder[],
  filled: ReadonlySet<string>,
): Promise<string[]> {
  const loose = await listLooseImages(dir);
  const looseWarning =
    loose.length === 0
      ? []
      : [`Images in ${dir} itself, outside every class folder, not used: ${loose.length}, e.g. ${loose[0]}.`];
  return [...looseWarning, ...describeEmpty(folders, filled), ...describeMissingClasses(folders, filled)];
}

/** Where it is not refused, since nothing is trained. */
function describeEmpty(folders: readonly ClassFolder[], filled: ReadonlySet<string>): string[] {
  const empty = trainingFolders(folders).filter(({ path }) => !filled.has(path));
  return empty.length === 0
    ? []
    : [`Class folders without images: ${empty.map(({ path }) => path).join(', ')}.`];
}

function describeMissingClasses(folders: readonly ClassFolder[], filled: ReadonlySet<string>): string[] {
  return (['val', 'test'] as const).flatMap(subset => {
    const ofSubset = folders.filter(folder => folder.subset === subset);
    if (ofSubset.length === 0) return [];
    const present = new Set(
      ofSubset.filter(({ path }) => filled.has(path)).map(({ className }) => className),
    );
    const missing = classNamesOf(folders).filter(name => !present.has(name));
    return missing.length === 0 ? [] : [`${subset}/ holds no image of: ${missing.join(', ')}.`];
  });
}
