// Which folders of a data set are its classes: a folder per class, or train/ (val/, test/) holding such folders.

import { access, constants, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { glob } from 'glob';
import { FinetuneError } from '../errors.js';
import { type Subset, subsets } from './data-set.js';
import { hasImageExtension } from './formats.js';
import { byNature } from './natural-order.js';

/** A folder whose images all belong to one class. */
export interface ClassFolder {
  readonly className: string;
  /** Relative to the data folder. */
  readonly path: string;
  /** Where the folders are train/ with val/ or test/. */
  readonly subset?: Subset;
}

/** Left behind by archivers and network drives. */
const litter = ['__MACOSX', '@eaDir'];

const subsetOfName: ReadonlyMap<string, Subset> = new Map([
  ['train', 'train'],
  ['val', 'val'],
  ['valid', 'val'],
  ['validation', 'val'],
  ['test', 'test'],
]);

/**
 * Finds the class folders of a data set.
 * @throws FinetuneError `not-found` without the folder, `bad-data-set` where it holds no classes or subsets that clash
 */
export async function findClassFolders(root: string): Promise<ClassFolder[]> {
  await validateFolder(root);
  const names = await listFolders(root);
  if (names.length === 0) throw await noClassesError(root);
  const folders = names.map(name => ({ name, subset: subsetOfName.get(name.toLowerCase()) }));
  if (!folders.every(isSubsetFolder)) {
    await validateNoSubsets(root, folders);
    return names.map(name => ({ className: name, path: name }));
  }
  validateSubsets(root, folders);
  const nested = await Promise.all(folders.map(folder => classFoldersOf(root, folder)));
  return nested.flat();
}

/** A folder right below the data folder, with what its name would mean beside others like it. */
interface TopFolder {
  readonly name: string;
  readonly subset: Subset | undefined;
}

interface SubsetFolder extends TopFolder {
  readonly subset: Subset;
}

function isSubsetFolder(folder: TopFolder): folder is SubsetFolder {
  return folder.subset !== undefined;
}

/** Where the images that may be trained on lie: train/, if the data set comes split. */
export function trainingFolders(folders: readonly ClassFolder[]): readonly ClassFolder[] {
  return folders.filter(({ subset = 'train' }) => subset === 'train');
}

/** The classes, in natural order. */
export function classNamesOf(folders: readonly ClassFolder[]): string[] {
  return trainingFolders(folders)
    .map(({ className }) => className)
    .sort(byNature);
}

/** Relative paths of all visible files below a folder; links to folders are not followed, so none can loop. */
export async function listFiles(folder: string): Promise<string[]> {
  return glob('**/*', {
    cwd: await realpath(folder),
    nodir: true,
    posix: true,
    ignore: litter.map(name => `**/${name}/**`),
  });
}

/** Images that lie in a folder itself, by name. */
export async function listLooseImages(folder: string): Promise<string[]> {
  const names = await glob('*', { cwd: await realpath(folder), nodir: true });
  return names.filter(hasImageExtension).sort(byNature);
}

async function validateFolder(root: string): Promise<void> {
  const status = await stat(root).catch((cause: unknown) => {
    throw new FinetuneError(
      'not-found',
      `No folder ${root}. Expected a folder with one sub-folder of images per class.`,
      { cause },
    );
  });
  if (status.isDirectory()) return;
  throw new FinetuneError(
    'bad-data-set',
    `${root} is a file. Expected a folder with one sub-folder of images per class.`,
  );
}

/**
 * glob finds nothing in a folder that it may not read, and says nothing.
 * @throws FinetuneError `bad-data-set`
 */
export async function validateReadable(folder: string): Promise<void> {
  await access(folder, constants.R_OK | constants.X_OK).catch((cause: unknown) => {
    throw new FinetuneError('bad-data-set', `The folder ${folder} cannot be read: no permission.`, { cause });
  });
}

/** Names of the visible sub-folders, links to folders included. */
async function listFolders(folder: string): Promise<string[]> {
  await validateReadable(folder);
  const names = await glob('*/', { cwd: await realpath(folder), ignore: litter.map(name => `${name}/**`) });
  return names.sort(byNature);
}

async function noClassesError(root: string): Promise<FinetuneError> {
  const loose = await listLooseImages(root);
  const found = loose.length === 0 ? 'No images in' : 'Images but no class folders in';
  const hint =
    loose.length === 0
      ? ''
      : ' If these images are one class, give the folder above, with the other classes.';
  return new FinetuneError(
    'bad-data-set',
    `${found} ${root}. Expected one sub-folder per class holding JPEG, PNG or WebP files.${hint} ` +
      'See finetune train --help.',
  );
}

/** A folder beside train/ that is no subset would make classes of both, each holding everything. */
async function validateNoSubsets(root: string, folders: readonly TopFolder[]): Promise<void> {
  const train = folders.find(({ subset }) => subset === 'train');
  if (train === undefined || (await listFolders(join(root, train.name))).length === 0) return;
  const others = folders.filter(({ subset }) => subset === undefined).map(({ name }) => name);
  throw new FinetuneError(
    'bad-data-set',
    `${root} holds ${train.name}/ with folders of its own, but also ${others.join('/, ')}/. ` +
      'Expected either train/ (with val/, test/) and nothing else, or a folder per class: move what is neither.',
  );
}

function validateSubsets(root: string, folders: readonly SubsetFolder[]): void {
  const namesOf = (subset: Subset) =>
    folders.filter(folder => folder.subset === subset).map(({ name }) => name);
  const twice = subsets.flatMap(subset => (namesOf(subset).length > 1 ? namesOf(subset) : []));
  if (twice.length > 0) {
    throw new FinetuneError(
      'bad-data-set',
      `${root} holds ${twice.join('/ and ')}/, which mean the same. Expected one folder for each of train, val, test.`,
    );
  }
  if (namesOf('train').length === 0) {
    throw new FinetuneError(
      'bad-data-set',
      `${root} holds ${folders.map(({ name }) => name).join('/ and ')}/ but no train/. ` +
        'Expected train/ beside them, or a folder per class.',
    );
  }
}

async function classFoldersOf(root: string, { name, subset }: SubsetFolder): Promise<ClassFolder[]> {
  const classNames = await listFolders(join(root, name));
  if (classNames.length === 0) throw await noClassesError(join(root, name));
  return classNames.map(className => ({ className, path: `${name}/${className}`, subset }));
}
