// A folder of images to a data set: classes, images with their content hashes, and what is wrong with it.

import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import type { BadImage } from '../events.js';
import { silent } from '../system/context.js';
import { type Contents, identifyFiles } from './contents.js';
import type { DataSet, Example } from './data-set.js';
import { describeDuplicates, describeFolders, validateFolders } from './data-set-checks.js';
import {
  type ClassFolder,
  classNamesOf,
  describeBrokenLinks,
  findClassFolders,
  listFiles,
} from './folders.js';
import { isContainer } from './formats.js';
import { describeUnknown, readList } from './image-list.js';
import { byNature } from './names.js';

/** How a folder is looked through. */
export interface ScanOptions {
  /** Training takes two classes, each with an image; measuring takes what is there. */
  readonly purpose?: 'train' | 'measure';
  /** A file that lists images to leave out, by their paths in the folder. */
  readonly exclude?: string | undefined;
  readonly signal?: AbortSignal;
}

/**
 * Scans a folder that holds a folder per class, or train/ (with val/, test/) each with a folder per class.
 * Contents decide what is an image, not names; hidden files are passed over.
 * @throws FinetuneError `not-found` | `bad-data-set` naming the class or folder and what was expected
 */
export async function scanDataSet(
  dir: string,
  { purpose = 'train', exclude, signal = silent.signal }: ScanOptions = {},
): Promise<DataSet> {
  const list = exclude === undefined ? new Set<string>() : await readList(exclude);
  const folders = await findClassFolders(dir);
  const { files, unreadable, excluded } = await identifyAll(dir, folders, { list, signal });
  const bad = files.flatMap(({ path, contents }) =>
    contents.kind === 'bad' ? { path, reason: contents.reason } : [],
  );
  const pathsOf = (kind: Contents['kind']) =>
    files.filter(({ contents }) => contents.kind === kind).map(({ path }) => path);
  const [linked, containers] = [pathsOf('linked-folder'), pathsOf('other').filter(isContainer)];
  const images = files.filter(({ contents }) => contents.kind === 'image');
  const scanned = { dir, folders, images, bad, linked, unreadable, containers };
  validateFolders(scanned, purpose);
  const classNames = classNamesOf(folders);
  const examples = labelImages(resolve(dir), images, classNames);
  return {
    root: dir,
    classNames,
    examples,
    bad,
    warnings: [
      ...(await describeFolders(scanned)),
      ...(await describeBrokenLinks(dir, folders)),
      ...describeDuplicates(examples, classNames),
      ...(exclude === undefined ? [] : describeUnknown(list, excluded, exclude)),
    ],
    excluded: excluded.size,
    fingerprint: fingerprintOf(examples),
  };
}

interface ScannedFile {
  readonly path: string;
  readonly folder: ClassFolder;
  readonly contents: Contents;
}

async function identifyAll(
  dir: string,
  folders: readonly ClassFolder[],
  { list, signal }: { readonly list: ReadonlySet<string>; readonly signal: AbortSignal },
): Promise<{ files: ScannedFile[]; unreadable: BadImage[]; excluded: Set<string> }> {
  const found: Omit<ScannedFile, 'contents'>[] = [];
  const excluded = new Set<string>();
  const unreadable: BadImage[] = [];
  for (const folder of folders) {
    signal.throwIfAborted();
    const listed = await listFiles(join(dir, folder.path));
    for (const name of listed.files) {
      const path = `${folder.path}/${name}`;
      if (list.has(path)) excluded.add(path);
      else found.push({ path, folder });
    }
    for (const { path, reason } of listed.unreadable)
      unreadable.push({ path: `${folder.path}/${path}`, reason });
  }
  found.sort((a, b) => byNature(a.path, b.path));
  const contents = await identifyFiles(
    found.map(({ path }) => join(dir, path)),
    signal,
  );
  const files = found.flatMap((file, i) => {
    const known = contents[i];
    return known === undefined ? [] : { ...file, contents: known };
  });
  return { files, unreadable, excluded };
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
