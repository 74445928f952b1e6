// What a file of a data set is, by its bytes: an image with its content hash, a bad image, or something else.

import { createHash } from 'node:crypto';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { describeReadFailure, describeSpecialFile } from '../system/read-failure.js';
import { hasImageExtension, headLength, reasonNotReadable, recognizeFormat } from './formats.js';
import { systemPath } from './names.js';

/** What a file is. */
export type Contents =
  | { readonly kind: 'image'; readonly hash: string }
  | { readonly kind: 'bad'; readonly reason: string }
  | { readonly kind: 'linked-folder' }
  | { readonly kind: 'other' };

const chunkBytes = 256 * 1024;

/** Files that are read at a time: each needs one chunk of memory. */
const filesAtATime = 8;

/**
 * Identifies files, in their order.
 * @throws the signal's reason once it is aborted
 */
export async function identifyFiles(paths: readonly string[], signal: AbortSignal): Promise<Contents[]> {
  const contents = new Array<Contents>(paths.length);
  const rest = paths.entries();
  const readOn = async () => {
    const chunk = Buffer.allocUnsafeSlow(chunkBytes);
    for (const [i, path] of rest) {
      signal.throwIfAborted();
      contents[i] = await identifyFile(path, chunk);
    }
  };
  await Promise.all(Array.from({ length: Math.min(filesAtATime, paths.length) }, readOn));
  return contents;
}

/**
 * Whether a file is meant as an image, by its name, or is one, by its first bytes.
 * @returns the reason in plain words for what is no file: a link to a folder, or a named pipe that is named as an image
 */
export async function looksLikeImage(path: string): Promise<boolean | string> {
  const status = await stat(systemPath(path)).catch(() => undefined);
  // The folders that are looked through are no files: this one lies behind a link.
  if (status?.isDirectory()) return 'a link to a folder, not followed';
  if (status !== undefined && !status.isFile()) return hasImageExtension(path) && describeSpecialFile(status);
  if (hasImageExtension(path)) return true;
  const file = await open(systemPath(path));
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headLength), 0, headLength, 0);
    return recognizeFormat(buffer.subarray(0, bytesRead)) !== undefined;
  } finally {
    await file.close();
  }
}

async function identifyFile(path: string, chunk: Buffer): Promise<Contents> {
  try {
    const status = await stat(systemPath(path));
    // The folders that are looked through are no files: this one lies behind a link.
    if (status.isDirectory()) return { kind: 'linked-folder' };
    if (!status.isFile()) return badIfNamedAsImage(path, describeSpecialFile(status));
    const file = await open(systemPath(path));
    try {
      return await identify({ file, size: status.size, path }, chunk);
    } finally {
      await file.close();
    }
  } catch (error) {
    return badIfNamedAsImage(path, describeReadFailure(error));
  }
}

interface OpenFile {
  readonly file: FileHandle;
  readonly size: number;
  readonly path: string;
}

async function identify({ file, size, path }: OpenFile, chunk: Buffer): Promise<Contents> {
  let { bytesRead } = await file.read(chunk, 0, chunkBytes, 0);
  if (bytesRead === 0) return badIfNamedAsImage(path, 'an empty file');
  const head = chunk.subarray(0, bytesRead);
  const reason = reasonNotReadable(bytesRead === size ? head : head.subarray(0, headLength));
  if (reason !== undefined) {
    return recognizeFormat(head) === undefined ? badIfNamedAsImage(path, reason) : { kind: 'bad', reason };
  }
  const hash = createHash('sha256').update(chunk.subarray(0, bytesRead));
  for (let position = bytesRead; position < size && bytesRead > 0; position += bytesRead) {
    ({ bytesRead } = await file.read(chunk, 0, chunkBytes, position));
    hash.update(chunk.subarray(0, bytesRead));
  }
  return { kind: 'image', hash: hash.digest('hex') };
}

/** A README beside the photos is no mishap; a broken `.jpg` is. */
function badIfNamedAsImage(path: string, reason: string): Contents {
  return hasImageExtension(path) ? { kind: 'bad', reason } : { kind: 'other' };
}
