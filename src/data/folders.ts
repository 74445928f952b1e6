// Which folders of a data set are its classes: a folder per class, or train/ (val/, test/) holding such folders.

import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FinetuneError } from '../errors.js';
import type { BadImage } from '../events.js';
import { describeReadFailure } from '../system/read-failure.js';
import { type Subset, subsets } from './data-set.js';
import { hasImageExtension } from './formats.js';
import { byNature, likenessOf, nameOfBytes, systemPath } from './names.js';

/** A folder whose images all belong to one class. */
export interface ClassFolder {
  readonly className: string;
  /** Relative to the data folder. */
  readonly path: string;
  /** Where the folders are train/ with val/ or test/. */
  readonly subset?: Subset;
}

/** Left behind by archivers, network drives, and the systems whose disks hold the photos. */
const litter = new Set([
  ...['__MACOSX', '@eaDir', '#recycle', '@Recycle', '$RECYCLE.BIN', 'System Volume Information'],
  'lost+found',
]);

/** Names of folders that hold a subset, without case and what joins their words. */
const namesOfSubsets: Readonly<Record<Subset, readonly string[]>> = {
  train: ['train', 'training', 'trainset', 'trainingset', 'traindata', 'trainingdata'],
  val: ['val', 'valid', 'validation', 'valset', 'validset', 'validationset', 'dev'],
  test: ['test', 'testing', 'testset', 'testingset', 'testdata'],
};

/**
 * Finds the class folders of a data set.
 * @throws FinetuneError `not-found` without the folder, `bad-data-set` where it holds no classes or subsets that clash
 */
export async function findClassFolders(root: string): Promise<ClassFolder[]> {
  await validateFolder(root);
  const folders: TopFolder[] = [];
  for (const name of await listFolders(root))
    folders.push({ name, subset: subsetOf(name), inside: await listFolders(join(root, name)) });
  if (folders.length === 0) throw await noClassesError(root);
  if (!folders.every(isSubsetFolder)) {
    validateNoSubsets(root, folders);
    return folders.map(({ name }) => ({ className: name, path: name }));
  }
  // Images right inside train/ and test/: two classes of that name.
  if (folders.length > 1 && folders.every(({ inside }) => inside.length === 0))
    return folders.map(({ name }) => ({ className: name, path: name }));
  validateSubsets(root, folders);
  return (await Promise.all(folders.map(folder => classFoldersOf(root, folder)))).flat();
}

/** A folder right below the data folder, with what its name would mean beside others like it. */
interface TopFolder {
  readonly name: string;
  readonly subset: Subset | undefined;
  /** The folders in it. */
  readonly inside: readonly string[];
}

interface SubsetFolder extends TopFolder {
  readonly subset: Subset;
}

function isSubsetFolder(folder: TopFolder): folder is SubsetFolder {
  return folder.subset !== undefined;
}

/** The subset that a folder of this name holds, unless it is a class. */
export function subsetOf(name: string): Subset | undefined {
  const plain = name.toLowerCase().replace(/[\s_-]/g, '');
  return subsets.find(subset => namesOfSubsets[subset].includes(plain));
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

/** What lies below a folder. */
export interface FolderContents {
  /** Paths relative to the folder, with `/`. */
  readonly files: readonly string[];
  /** Folders in it that cannot be looked into, and why. */
  readonly unreadable: readonly BadImage[];
}

/**
 * Lists all visible files below a folder; links to folders count as files and are not followed, so none can loop.
 * @throws FinetuneError `bad-data-set` where the folder itself cannot be looked into
 */
export async function listFiles(folder: string): Promise<FolderContents> {
  const files: string[] = [];
  const unreadable: BadImage[] = [];
  const lookInto = async (path: string) => {
    for (const entry of await readVisible(join(folder, path))) {
      const inside = path === '' ? entry.name : `${path}/${entry.name}`;
      if (!entry.isFolder) files.push(inside);
      else {
        await lookInto(inside).catch((error: unknown) => {
          if (!(error instanceof FinetuneError)) throw error;
          unreadable.push({ path: inside, reason: 'a folder that cannot be looked into' });
        });
      }
    }
  };
  await lookInto('');
  return { files, unreadable };
}

/** Images that lie in a folder itself, by name. */
export async function listLooseImages(folder: string): Promise<string[]> {
  const entries = await readVisible(folder);
  return entries
    .filter(({ name, isFolder }) => !isFolder && hasImageExtension(name))
    .map(({ name }) => name)
    .sort(byNature);
}

/** Names of the visible sub-folders, links to folders included. */
async function listFolders(folder: string): Promise<string[]> {
  const entries = await readVisible(folder);
  const folders: string[] = [];
  for (const { name, isFolder, isLink } of entries) {
    const status = isLink ? await stat(systemPath(join(folder, name))).catch(() => undefined) : undefined;
    if (isFolder || status?.isDirectory()) folders.push(name);
  }
  return folders.sort(byNature);
}

/** A warning about links beside the class folders that lead nowhere: perhaps to a class on a disk that is not there. */
export async function describeBrokenLinks(root: string, folders: readonly ClassFolder[]): Promise<string[]> {
  const broken: string[] = [];
  for (const folder of new Set(folders.map(({ path }) => join(root, path, '..')))) {
    for (const { name, isLink } of await readVisible(folder)) {
      const path = join(folder, name);
      if (isLink && (await stat(systemPath(path)).catch(() => undefined)) === undefined) broken.push(path);
    }
  }
  if (broken.length === 0) return [];
  return [`Links that lead nowhere, where class folders are: ${broken.join(', ')}. Remove or mend them.`];
}

interface Entry {
  readonly name: string;
  readonly isFolder: boolean;
  readonly isLink: boolean;
}

/** @throws FinetuneError `bad-data-set` */
async function readVisible(folder: string): Promise<Entry[]> {
  const entries = await readEntries(folder).catch((cause: unknown) => {
    throw new FinetuneError('bad-data-set', `The folder ${folder} ${describeReadFailure(cause)}.`, { cause });
  });
  return entries
    .map(entry => ({
      name: nameOfBytes(entry.name),
      isFolder: entry.isDirectory(),
      isLink: entry.isSymbolicLink(),
    }))
    .filter(({ name }) => !name.startsWith('.') && !litter.has(name));
}

function readEntries(folder: string): Promise<Dirent<Buffer>[]> {
  return readdir(systemPath(folder), { withFileTypes: true, encoding: 'buffer' });
}

async function validateFolder(root: string): Promise<void> {
  const status = await stat(root).catch((cause: unknown) => {
    const reason = describeReadFailure(cause);
    const found = reason === 'no such file' ? `No folder ${root}` : `The folder ${root} ${reason}`;
    const message = `${found}. Expected a folder with one sub-folder of images per class.`;
    throw new FinetuneError('not-found', message, { cause });
  });
  if (status.isDirectory()) return;
  throw new FinetuneError(
    'bad-data-set',
    `${root} is a file. Expected a folder with one sub-folder of images per class.`,
  );
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
    `${found} ${root}. Expected one sub-folder per class holding JPEG, PNG or WebP files.${hint}`,
  );
}

/** A folder of a subset beside folders of classes would become a class itself, with images of all the others. */
function validateNoSubsets(root: string, folders: readonly TopFolder[]): void {
  const others = folders.filter(({ subset }) => subset === undefined).map(({ name }) => name);
  const classes = new Set(others.map(likenessOf));
  const found = folders.find(
    ({ subset, inside }) =>
      (subset === 'train' && inside.length > 0) ||
      (subset !== undefined && inside.some(name => classes.has(likenessOf(name)))),
  );
  if (found === undefined) return;
  throw new FinetuneError(
    'bad-data-set',
    `${root} holds ${found.name}/ with folders of its own, but also ${others.join('/, ')}/. ` +
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

async function classFoldersOf(root: string, { name, subset, inside }: SubsetFolder): Promise<ClassFolder[]> {
  if (inside.length === 0) throw await noClassesError(join(root, name));
  return inside.map(className => ({ className, path: `${name}/${className}`, subset }));
}
