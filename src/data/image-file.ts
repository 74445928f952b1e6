// The bytes of image files, bounded, with failures in plain words.

import { readFileSync, type Stats, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { FinetuneError } from '../errors.js';
import { describeReadFailure, describeSpecialFile } from '../system/read-failure.js';
import { systemPath } from './names.js';

const mostMebibytes = 256;
const mostBytes = mostMebibytes * 2 ** 20;

/** How much is read at a time of what has no length: a pipe, a device. */
const chunkBytes = 2 ** 20;

/**
 * Reads an image file, or what comes through a pipe.
 * @param isCached the system has it in memory: it is read at once, and does not wait in line behind images being decoded
 * @throws FinetuneError `bad-image` when it cannot be read or is too large, as an endless device is
 */
export async function readImageFile(path: string, isCached = false): Promise<Buffer> {
  try {
    const name = systemPath(path);
    if (isCached && isOrdinary(statSync(name))) return readFileSync(name);
    const file = await open(name);
    try {
      return await readAll(file);
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof FinetuneError) throw cause;
    throw new FinetuneError('bad-image', describeReadFailure(cause), { cause });
  }
}

/** A file that ends where it says. @throws FinetuneError `bad-image` where that is too far */
function isOrdinary(status: Stats): boolean {
  validateLength(status.size);
  return status.isFile() && status.size > 0;
}

async function readAll(file: FileHandle): Promise<Buffer> {
  const status = await file.stat();
  if (status.isCharacterDevice()) throw new FinetuneError('bad-image', describeSpecialFile(status));
  validateLength(status.size);
  const chunks: Buffer[] = [];
  let length = 0;
  // A file that grows meanwhile is read on.
  for (let wanted = status.size; ; wanted = chunkBytes) {
    const chunk = await readChunk(file, wanted);
    length += chunk.length;
    validateLength(length);
    if (chunk.length > 0) chunks.push(chunk);
    const isRead = chunk.length < wanted || (status.isFile() && length === status.size && length > 0);
    if (isRead) return chunks[0] !== undefined && chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
  }
}

async function readChunk(file: FileHandle, wanted: number): Promise<Buffer> {
  const chunk = Buffer.allocUnsafeSlow(wanted);
  let length = 0;
  while (length < wanted) {
    const { bytesRead } = await file.read(chunk, length, wanted - length, null);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return chunk.subarray(0, length);
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

function validateLength(bytes: number): void {
  if (bytes > mostBytes) throw new FinetuneError('bad-image', `too large: more than ${mostMebibytes} MiB`);
}
