// What a user names on the command line (files, folders, globs, standard input) to a list of images.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { glob, hasMagic } from 'glob';
import { FinetuneError, refuseOption } from '../errors.js';
import type { BadImage } from '../events.js';
import { looksLikeImage } from './contents.js';
import { listFiles } from './folders.js';
import { readImageStream } from './image-file.js';
import { byNature } from './names.js';

/** One image that a user named: as they named it, or found below a folder that they named. */
export type NamedImage = { readonly name: string } & (
  | { readonly file: string }
  | {
      /**
       * What is no file to be read by its path.
       * @throws FinetuneError `bad-image` when there is nothing to read
       */
      read(): Promise<Buffer>;
    }
);

/**
 * Lists the images of files, folders (recursively), globs and `-` (standard input): arguments in the order given,
 * below each one natural order. What is missing is an input whose `read` fails, so that the others are still read.
 * @throws FinetuneError `bad-option` for no argument at all
 */
export async function resolveImages(args: readonly string[]): Promise<NamedImage[]> {
  if (args.length === 0) {
    refuseOption(
      'No image given. Expected files, folders, globs, or - for standard input. See finetune predict --help.',
    );
  }
  const inputs = await Promise.all(args.map(resolveOne));
  return inputs.flat();
}

async function resolveOne(arg: string): Promise<NamedImage[]> {
  if (arg === '-') return [{ name: '-', read: () => readImageStream(process.stdin) }];
  const status = await stat(arg).catch(() => undefined);
  if (status?.isDirectory()) {
    const { images, special } = await lookThrough(arg);
    const inputs = [...images.map(inputAt), ...special.map(({ path, reason }) => nothingAt(path, reason))];
    if (inputs.length === 0) return [nothingAt(arg, 'a folder without images')];
    return inputs.sort((a, b) => byNature(a.name, b.name));
  }
  if (status === undefined && hasMagic(arg)) {
    const files = await glob(arg, { nodir: true });
    if (files.length === 0) return [nothingAt(arg, 'no file matches')];
    return Promise.all(files.sort(byNature).map(matchedAt));
  }
  return [inputAt(arg)];
}

/**
 * Paths of the images below a folder, in natural order; names are believed, else the first bytes decide. Folders that
 * cannot be looked into count as images that cannot be read.
 */
export async function listImages(folder: string): Promise<string[]> {
  const { images } = await lookThrough(folder);
  return images.sort(byNature);
}

/** Paths of images, and what is named as one without being a file. */
async function lookThrough(folder: string): Promise<{ images: string[]; special: BadImage[] }> {
  const { files, unreadable } = await listFiles(folder);
  const images = unreadable.map(({ path }) => join(folder, path));
  const special: BadImage[] = [];
  for (const name of files) {
    const path = join(folder, name);
    const answer = await looksLikeImage(path).catch(() => false);
    if (typeof answer === 'string') special.push({ path, reason: answer });
    else if (answer) images.push(path);
  }
  return { images, special };
}

function inputAt(path: string): NamedImage {
  return { name: path, file: path };
}

/** What a pattern matches may be a named pipe; where somebody names one, it is read. */
async function matchedAt(path: string): Promise<NamedImage> {
  const answer = await looksLikeImage(path).catch(() => true);
  return typeof answer === 'string' ? nothingAt(path, answer) : inputAt(path);
}

function nothingAt(name: string, reason: string): NamedImage {
  return { name, read: () => Promise.reject(new FinetuneError('bad-image', reason)) };
}
