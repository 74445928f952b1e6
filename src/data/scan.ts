// A folder of images to a data set: classes, images with their content hashes, and what is wrong with it.

import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import {
  type ClassFolder,
  classNamesOf,
  findClassFolders,
  listFiles,
  validateReadable,
} from './class-folders.js';
import { type Contents, identifyFiles } from './contents.js';
import type { DataSet, Example } from './data-set.js';
import { describeDuplicates } from './duplicates.js';
import { describeFolders, describeLinked, validateFolders, validateTrainable } from './folder-checks.js';
import { byNature } from './natural-order.js';

/**
 * Scans a folder that holds a folder per class, or train/ (with val/, test/) each with a folder per class.
 * Contents decide what is an image, not names; hidden files are passed over.
 * @param purpose training takes two classes, each with an image; measuring takes what is there
 * @throws FinetuneError `not-found` | `bad-data-set` naming the class or folder and what was expected
 */
export async function scanDataSet(dir: string, purpose: 'train' | 'measure' = 'train'): Promise<DataSet> {
  const folders = await findClassFolders(dir);
  const files = await identifyAll(dir, folders);
  const bad = files.flatMap(({ path, contents }) =>
    contents.kind === 'bad' ? { path, reason: contents.reason } : [],
  );
  const filled = new Set(files.filter(isImage).map(({ folder }) => folder.path));
  const linked = files.filter(({ contents }) => contents.kind === 'linked-folder').map(({ path }) => path);
  const skipped = { bad, linked };
  validateFolders(dir, folders, filled, skipped);
  if (purpose === 'train') validateTrainable(dir, folders, filled, skipped);
  const classNames = classNamesOf(folders);
  const examples = labelImages(resolve(dir), files, classNames);
  return {
    root: dir,
    classNames,
    examples,
    bad,
    warnings: [
      ...(await describeFolders(dir, folders, filled)),
      ...describeLinked(linked),
      ...describeDuplicates(examples, classNames),
    ],
    fingerprint: fingerprintOf(examples),
  };
}

interface ScannedFile {
  readonly path: string;
  readonly folder: ClassFolder;
  readonly contents: Contents;
}

async function identifyAll(dir: string, folders: readonly ClassFolder[]): Promise<ScannedFile[]> {
  const listed = await Promise.all(
    folders.map(async folder => {
      await validateReadable(join(dir, folder.path));
      const names = await listFiles(join(dir, folder.path));
      return names.map(name => ({ path: `${folder.path}/${name}`, folder }));
    }),
  );
  const files = listed.flat().sort((a, b) => byNature(a.path, b.path));
  const contents = await identifyFiles(files.map(({ path }) => join(dir, path)));
  return files.map((file, i) => ({ ...file, contents: contents[i]! }));
}

function isImage({ contents }: ScannedFile): boolean {
  return contents.kind === 'image';
}

function labelImages(root: string, files: readonly ScannedFile[], classNames: readonly string[]): Example[] {
  return files.flatMap(({ path, folder: { className, subset }, contents }) => {
    if (contents.kind !== 'image') return [];
    return {
      path,
      file: join(root, path),
      label: classNames.indexOf(className),
      hash: contents.hash,
      ...(subset && { subset }),
    };
  });
}

function fingerprintOf(examples: readonly Example[]): string {
  const hash = createHash('sha256');
  for (const { path, hash: contentHash } of examples) hash.update(`${path}\0${contentHash}\n`);
  return hash.digest('hex');
}
