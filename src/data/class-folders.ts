// Which folders of a data set are its classes: a folder per class, or train/ (val/, test/) holding such folders.

import { access, constants, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { glob } from 'glob';
import { FinetuneError } from '../errors.js';
import type { Side } from './data-set.js';
import { hasImageExtension } from './formats.js';
import { byNature } from './natural-order.js';

/** A folder whose images all belong to one class. */
export interface ClassFolder {
  readonly className: string;
  /** Relative to the data folder. */
  readonly path: string;
  /** Of a data set that comes split. */
  readonly side?: Side;
}

/** Left behind by archivers and network drives. */
const litter = ['__MACOSX', '@eaDir'];

const sideOfName: ReadonlyMap<string, Side> = new Map([
  ['train', 'train'],
  ['val', 'val'],
  ['valid', 'val'],
  ['validation', 'val'],
  ['test', 'test'],
]);

/**
 * Finds the class folders of a data set.
 * @throws FinetuneError `not-found` without the folder, `bad-data-set` where it holds no classes or sides that clash
 */
export async function findClassFolders(root: string): Promise<ClassFolder[]> {
  await validateFolder(root);
  const names = await listFolders(root);
  if (names.length === 0) throw await noClassesError(root);
  const sides = names.map(name => sideOfName.get(name.toLowerCase()));
  if (sides.includes(undefined)) {
    await validateNoSides(root, names, sides);
    return names.map(name => ({ className: name, path: name }));
  }
  validateSides(root, names, sides);
  const nested = await Promise.all(names.map((name, i) => classFoldersOfSide(root, name, sides[i]!)));
  return nested.flat();
}

/** Where the images that may be trained on lie: train/, if there are sides. */
export function trainingFolders(folders: readonly ClassFolder[]): readonly ClassFolder[] {
  return folders.filter(({ side = 'train' }) => side === 'train');
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

/** A folder beside train/ that is no side would make classes of both, each holding everything. */
async function validateNoSides(
  root: string,
  names: readonly string[],
  sides: readonly (Side | undefined)[],
): Promise<void> {
  const train = names[sides.indexOf('train')];
  if (train === undefined || (await listFolders(join(root, train))).length === 0) return;
  const others = names.filter((_, i) => sides[i] === undefined);
  throw new FinetuneError(
    'bad-data-set',
    `${root} holds ${train}/ with folders of its own, but also ${others.join('/, ')}/. ` +
      'Expected either train/ (with val/, test/) and nothing else, or a folder per class: move what is neither.',
  );
}

function validateSides(root: string, names: readonly string[], sides: readonly (Side | undefined)[]): void {
  const twice = names.filter((_, i) => sides.indexOf(sides[i]) !== sides.lastIndexOf(sides[i]));
  if (twice.length > 0) {
    throw new FinetuneError(
      'bad-data-set',
      `${root} holds ${twice.join('/ and ')}/, which mean the same. Expected one folder for each of train, val, test.`,
    );
  }
  if (!sides.includes('train')) {
    throw new FinetuneError(
      'bad-data-set',
      `${root} holds ${names.join('/ and ')}/ but no train/. Expected train/ beside them, or a folder per class.`,
    );
  }
}

async function classFoldersOfSide(root: string, name: string, side: Side): Promise<ClassFolder[]> {
  const classNames = await listFolders(join(root, name));
  if (classNames.length === 0) throw await noClassesError(join(root, name));
  return classNames.map(className => ({ className, path: `${name}/${className}`, side }));
}
