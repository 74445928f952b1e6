// The bytes of image files, bounded, with failures in plain words.

import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { FinetuneError, messageOf } from '../errors.js';

const mostMebibytes = 256;

/**
 * Reads an image file.
 * @throws FinetuneError `bad-image` when it cannot be read or is too large
 */
export async function readImageFile(path: string): Promise<Buffer> {
  return withFile(path, async file => {
    validateLength((await file.stat()).size);
    return file.readFile();
  });
}

/**
 * Reads the beginning of a file.
 * @returns at most `length` bytes; fewer are the whole file
 * @throws FinetuneError `bad-image` when it cannot be read
 */
export async function readImageHead(path: string, length: number): Promise<Buffer> {
  return withFile(path, async file => {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafeSlow(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  });
}

/**
 * Reads a stream to its end.
 * @throws FinetuneError `bad-image` when it is too large
 */
export async function readImageStream(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    validateLength(length);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function withFile<Result>(path: string, use: (file: FileHandle) => Promise<Result>): Promise<Result> {
  try {
    const file = await open(path);
    try {
      return await use(file);
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof FinetuneError) throw cause;
    throw new FinetuneError('bad-image', describeReadFailure(cause), { cause });
  }
}

const reasonOfCode: ReadonlyMap<unknown, string> = new Map([
  ['ENOENT', 'no such file'],
  ['EISDIR', 'a folder, not a file'],
  ['EACCES', 'cannot be read: no permission'],
  ['EPERM', 'cannot be read: no permission'],
]);

/** Why a file could not be opened or read, in plain words. */
export function describeReadFailure(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return reasonOfCode.get(code) ?? `cannot be read: ${messageOf(error)}`;
}

function validateLength(bytes: number): void {
  if (bytes > mostMebibytes * 2 ** 20) {
    throw new FinetuneError('bad-image', `too large: more than ${mostMebibytes} MiB`);
  }
}
