// Fetches one published file: several sources, resume after a break, checksum before use.

import { existsSync } from 'node:fs';
import { link, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FinetuneError, messageOf } from '../errors.js';
import { fetchPart, isVouchedFor, SourceError, sizeOf, type Transfer } from './download-part.js';
import { fileDigest } from './file-digest.js';
import { makeFolder } from './make-folder.js';
import { takePart } from './part-place.js';
import { codeOf } from './write-failure.js';

/** What is known of the file, whom to tell, and how patient to be. */
export interface DownloadOptions {
  /** Hex. Checked before the file gets its name. */
  readonly md5?: string | undefined;
  /** The same. */
  readonly sha256?: string | undefined;
  /** The file's size, where it is known. */
  readonly bytes?: number | undefined;
  /** Called as bytes arrive; `total` is undefined where nobody says. */
  readonly onProgress?: ((done: number, total: number | undefined) => void) | undefined;
  /** Called once per source that failed. */
  readonly onProblem?: ((message: string) => void) | undefined;
  /** Stops it; what has arrived is kept. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds without a byte after which a connection counts as dead. */
  readonly stallTimeout?: number | undefined;
  /** Milliseconds before the first retry; doubles from one to the next. */
  readonly retryDelay?: number | undefined;
}

/** Connections in a row that bring nothing, after which a source is given up. */
const fruitlessConnections = 4;
/** Against a server that hands out a byte at a time. */
const connectionsPerSource = 64;

/**
 * Downloads a file. What arrived before a break is kept in a folder beside it and gone on with, also by the next
 * process where a checksum can vouch for it. Proxies come from HTTP_PROXY, HTTPS_PROXY and NO_PROXY.
 * @param sources http or https addresses of the same bytes, tried in this order
 * @param path appears only when the file is whole and its checksum right; a file that is there is not replaced
 * @throws FinetuneError `download-failed` telling what each source did; an `AbortError` once it is stopped
 */
export async function downloadFile(
  sources: readonly string[],
  path: string,
  options: DownloadOptions = {},
): Promise<void> {
  makeFolder(dirname(path));
  const { stallTimeout = 30_000 } = options;
  const { EnvHttpProxyAgent } = await import('undici');
  const agent = new EnvHttpProxyAgent({
    headersTimeout: stallTimeout,
    bodyTimeout: stallTimeout,
    connect: { timeout: stallTimeout },
  });
  const problems: string[] = [];
  const part = await takePart(path, isVouchedFor(options));
  try {
    for (const source of sources) {
      const transfer: Transfer = { source, part: part.path, agent, validator: undefined };
      if (!isVouchedFor(options)) await rm(transfer.part, { force: true });
      const problem = await trySource(transfer, options);
      if (problem === undefined) return await place(part.path, path);
      problems.push(`${source}: ${problem}`);
      options.onProblem?.(`${source}: ${problem}`);
    }
  } finally {
    await part.release(isVouchedFor(options));
    await agent.destroy();
  }
  throw new FinetuneError('download-failed', `The download failed. ${problems.join('. ')}.`);
}

/** A link, unlike a renaming, replaces nothing. */
async function place(part: string, path: string): Promise<void> {
  try {
    await link(part, path);
    await rm(part);
  } catch (error) {
    // Where there are no links, a moment is left in which a file could appear.
    if (codeOf(error) !== 'EEXIST' && !existsSync(path)) return await rename(part, path);
    if ((await fileDigest(path, 'sha256')) === (await fileDigest(part, 'sha256'))) return await rm(part);
    throw new FinetuneError(
      'download-failed',
      `${path} is there already, and is not replaced. Move it away.`,
      {
        cause: error,
      },
    );
  }
}

/** @returns what went wrong, or undefined when the part is whole and right */
async function trySource(transfer: Transfer, options: DownloadOptions): Promise<string | undefined> {
  let problem = '';
  let fruitless = 0;
  for (let i = 0; i < connectionsPerSource && fruitless < fruitlessConnections; i++) {
    if (fruitless > 0) await pauseBefore(fruitless, options);
    const offset = await sizeOf(transfer.part);
    try {
      await fetchPart(transfer, options);
      const wrong = await checkPart(transfer.part, options);
      if (wrong === undefined) return undefined;
      await rm(transfer.part, { force: true });
      problem = wrong;
      // Bytes kept from before may have been at fault: only a file fetched in one go condemns its source.
      if (offset === 0) return problem;
    } catch (error) {
      if (isFinal(error, options)) throw error;
      problem = describe(error);
      if (error instanceof SourceError && error.final) return problem;
    }
    fruitless = (await sizeOf(transfer.part)) > offset ? 0 : fruitless + 1;
  }
  return problem;
}

/** Longer from one fruitless connection to the next. */
async function pauseBefore(attempt: number, { retryDelay = 1000, signal }: DownloadOptions): Promise<void> {
  await sleep(retryDelay * 2 ** (attempt - 1), undefined, { signal });
}

/** No other source is asked: the disk is full, or the caller has stopped it. */
function isFinal(error: unknown, { signal }: DownloadOptions): boolean {
  return error instanceof FinetuneError || signal?.aborted === true;
}

/** fetch says only "fetch failed" or "terminated"; what happened is in its cause. */
function describe(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? messageOf(error) : messageOf(cause) || messageOf(error);
}

async function checkPart(part: string, { md5, sha256, bytes }: DownloadOptions): Promise<string | undefined> {
  const size = await sizeOf(part);
  if (bytes !== undefined && size !== bytes) return `it sent ${size} bytes, expected are ${bytes}`;
  for (const [algorithm, expected] of [
    ['md5', md5],
    ['sha256', sha256],
  ] as const) {
    if (expected === undefined) continue;
    const found = await fileDigest(part, algorithm);
    if (found !== expected.toLowerCase())
      return `it sent other content: ${algorithm} ${found}, expected is ${expected}`;
  }
  return undefined;
}
