// The published weight file of a network, in the cache directory: downloaded once, checked every time.

import { rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { FinetuneError } from '../errors.js';
import { cacheDirectory } from '../system/cache-directory.js';
import type { Context } from '../system/context.js';
import { downloadFile } from '../system/download.js';
import { fileDigest } from '../system/file-digest.js';
import type { WeightFile } from './weight-files.js';

/**
 * Finds the file in the cache, or downloads it there.
 * @param name of the network, for messages
 * @param options whom to tell, what stops it, and another address (`url`) of the same file
 * @returns its path
 * @throws FinetuneError `download-failed`, telling what else can be done
 */
export async function fetchWeights(
  name: string,
  file: WeightFile,
  { url, emit, signal }: Context & { readonly url?: string | undefined },
): Promise<string> {
  const [published] = file.urls;
  const sources = url === undefined ? file.urls : ([url] as const);
  const path = join(cacheDirectory(), 'downloads', basename(new URL(published).pathname));
  if (await isComplete(path, file)) return path;
  const [source] = sources;
  emit({ type: 'download', source, done: 0, total: file.bytes });
  try {
    await downloadFile(sources, path, {
      md5: file.md5,
      bytes: file.bytes,
      signal,
      onProgress: (done, total) => emit({ type: 'download', source, done, total }),
      onProblem: message => emit({ type: 'warning', message }),
    });
  } catch (error) {
    if (!(error instanceof FinetuneError) || error.code !== 'download-failed') throw error;
    throw new FinetuneError('download-failed', `${error.message} ${whatElse(name, file)}`, { cause: error });
  }
  return path;
}

/** A file that nobody can vouch for counts as complete: it got its name only after the last byte. */
async function isComplete(path: string, { md5, bytes }: WeightFile): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return false;
  const complete =
    (bytes === undefined || found.size === bytes) &&
    (md5 === undefined || (await fileDigest(path, 'md5')) === md5);
  if (!complete) await rm(path, { force: true });
  return complete;
}

function whatElse(name: string, file: WeightFile): string {
  return (
    `Nothing was prepared. You can download ${file.urls[0]} in another way and run ` +
    `\`finetune prepare ${name} --weights FILE\`, give another address with --url, set HTTPS_PROXY, ` +
    'or use the embedded backbone: --backbone efficientnet-lite0.'
  );
}
