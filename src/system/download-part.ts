// One connection of a download: asks for what is missing, believes no header that the bytes do not bear out.

import { type FileHandle, open, rm, stat } from 'node:fs/promises';
import type { Dispatcher, Response } from 'undici';
import { FinetuneError, messageOf, refuseOption } from '../errors.js';

/** A download from one source, over several connections. */
export interface Transfer {
  readonly source: string;
  /** Holds what has arrived so far. */
  readonly part: string;
  readonly agent: Dispatcher;
  /** What the server calls this version of the file; a resumed file must still be the same. */
  validator: string | undefined;
}

/** Something about the source; `final` where asking again is no use. */
export class SourceError extends Error {
  constructor(
    message: string,
    readonly final: boolean,
  ) {
    super(message);
  }
}

interface PartOptions {
  readonly signal?: AbortSignal | undefined;
  readonly md5?: string | undefined;
  readonly sha256?: string | undefined;
  readonly bytes?: number | undefined;
  readonly onProgress?: ((done: number, total: number | undefined) => void) | undefined;
}

/** Nothing that is downloaded is larger; a server that goes on and on is cut off. */
const largestFile = 8 * 1024 ** 3;

/** The size of a file, 0 where there is none. */
export async function sizeOf(path: string): Promise<number> {
  return await stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

/**
 * Adds to the part what is missing of it.
 * @throws SourceError when the source is at fault; whatever fetch throws when the connection breaks, the bytes kept
 */
export async function fetchPart(transfer: Transfer, options: PartOptions): Promise<void> {
  const resumable = isVouchedFor(options) || transfer.validator !== undefined;
  const offset = resumable ? await sizeOf(transfer.part) : 0;
  if (offset > 0 && offset === options.bytes) return;
  const response = await request(transfer, offset, options.signal);
  try {
    const start = startOf(response, offset);
    if (start === undefined) return;
    transfer.validator = validatorOf(response);
    const total = totalOf(response, start, options.bytes);
    await appendBody(response, transfer, { start, total, onProgress: options.onProgress });
  } catch (error) {
    await response.body?.cancel().catch(() => undefined);
    if (error instanceof RestartError) await rm(transfer.part, { force: true });
    throw error;
  }
}

/** Whether a checksum tells the right bytes from wrong ones, whoever wrote them. */
export function isVouchedFor({ md5, sha256 }: PartOptions): boolean {
  return md5 !== undefined || sha256 !== undefined;
}

/** The part does not fit the file on the server: from the beginning. */
class RestartError extends SourceError {}

async function request(
  { source, agent, validator }: Transfer,
  offset: number,
  signal: AbortSignal | undefined,
): Promise<Response> {
  validateAddress(source);
  // Loaded where it is needed: its WebAssembly takes 8 GB of addresses.
  const { fetch } = await import('undici');
  const response = await fetch(source, {
    dispatcher: agent,
    ...(signal !== undefined && { signal }),
    headers: {
      'accept-encoding': 'identity',
      ...(offset > 0 && { range: `bytes=${offset}-` }),
      ...(offset > 0 && validator !== undefined && { 'if-range': validator }),
    },
  });
  if (source.startsWith('https:') && !response.url.startsWith('https:')) {
    throw new SourceError(`it redirects to ${response.url}, which is not encrypted`, true);
  }
  return response;
}

function validateAddress(source: string): void {
  const protocol = URL.canParse(source) ? new URL(source).protocol : '';
  if (protocol === 'http:' || protocol === 'https:') return;
  refuseOption(`Not an address to download from: ${source}. Expected http:// or https://.`);
}

/** @returns where the body begins in the file; undefined when nothing is missing */
function startOf(response: Response, offset: number): number | undefined {
  const { status } = response;
  const encoding = response.headers.get('content-encoding') ?? 'identity';
  if (encoding !== 'identity') throw new SourceError(`it sends ${encoding}-encoded content`, true);
  if (status === 200) return 0;
  const range = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  if (status === 206) {
    if (range !== null && Number(range[1]) === offset) return offset;
    throw new RestartError('it sent another range than asked for', false);
  }
  if (status === 416) {
    if (range !== null && Number(range[2]) === offset) return undefined;
    throw new RestartError('it has no such range', false);
  }
  const passing = status >= 500 || status === 408 || status === 429;
  throw new SourceError(`it answers ${status} ${response.statusText}`.trimEnd(), !passing);
}

/** A weak ETag says nothing about bytes. */
function validatorOf(response: Response): string | undefined {
  const etag = response.headers.get('etag');
  if (etag !== null && !etag.startsWith('W/')) return etag;
  return response.headers.get('last-modified') ?? undefined;
}

/** The size of the complete file as the server has it. */
function totalOf(response: Response, start: number, expected: number | undefined): number | undefined {
  const length = response.headers.get('content-length');
  const total = length === null ? undefined : start + Number(length);
  if (expected !== undefined && total !== undefined && total !== expected) {
    throw new SourceError(`it has a file of ${total} bytes, expected are ${expected}`, true);
  }
  if (total !== undefined && !(total <= largestFile)) {
    throw new SourceError(`it has a file of ${total} bytes, at most ${largestFile} are taken`, true);
  }
  return total ?? expected;
}

interface BodyOptions {
  readonly start: number;
  readonly total: number | undefined;
  readonly onProgress: PartOptions['onProgress'];
}

async function appendBody(response: Response, transfer: Transfer, options: BodyOptions): Promise<void> {
  const { start, total, onProgress } = options;
  const file = await openPart(transfer.part, start);
  let done = start;
  try {
    for await (const chunk of response.body ?? []) {
      done += chunk.length;
      if (done > (total ?? largestFile)) {
        await file.truncate(0);
        throw new RestartError(`it sends more than ${total ?? largestFile} bytes`, true);
      }
      await write(file, chunk, transfer.part);
      onProgress?.(done, total);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  if (total !== undefined && done < total) {
    throw new SourceError(`the connection ended after ${done} of ${total} bytes`, false);
  }
}

async function openPart(path: string, start: number): Promise<FileHandle> {
  try {
    return await open(path, start === 0 ? 'w' : 'a');
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

async function write(file: FileHandle, chunk: Uint8Array, path: string): Promise<void> {
  try {
    await file.writeFile(chunk);
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

function cannotWrite(path: string, error: unknown): FinetuneError {
  return new FinetuneError(
    'download-failed',
    `Cannot write ${path}: ${messageOf(error)}. Make room, or choose another cache folder with FINETUNE_CACHE.`,
    { cause: error },
  );
}
