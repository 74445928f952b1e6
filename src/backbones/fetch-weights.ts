// The published weight file of a network, in the cache directory: downloaded once, checked every time.

import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { FinetuneError } from '../errors.js';
import { cacheDirectory } from '../system/cache-directory.js';
import type { Context } from '../system/context.js';
import { downloadFile } from '../system/download.js';
import { findDownloadPlace } from '../system/download-place.js';
import { fileDigest } from '../system/file-digest.js';
import type { WeightFile } from './weight-files.js';

/**
 * Finds the file in the cache, or downloads it there.
 * @param name of the network, for messages
 * @param options whom to tell, what stops it, and another address (`url`) of the same file
 * @returns its path, and whether it was downloaded now
 * @throws FinetuneError `download-failed`, telling what else can be done
 */
export async function fetchWeights(
  name: string,
  file: WeightFile,
  { url, emit, signal }: Context & { readonly url?: string | undefined },
): Promise<{ readonly path: string; readonly isNew: boolean }> {
  const [published] = file.urls;
  const sources = url === undefined ? file.urls : ([url] as const);
  const wanted = join(cacheDirectory(), 'downloads', basename(new URL(published).pathname));
  const { path, content } = await findDownloadPlace(wanted, async found =>
    (await isComplete(found, file)) ? found : undefined,
  );
  if (content !== undefined) return { path, isNew: false };
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
  return { path, isNew: true };
}

/** A file that nobody can vouch for counts as complete: it got its name only after the last byte. */
async function isComplete(path: string, { md5, bytes }: WeightFile): Promise<boolean> {
  if (bytes !== undefined && (await stat(path)).size !== bytes) return false;
  return md5 === undefined || (await fileDigest(path, 'md5')) === md5;
}

function whatElse(name: string, file: WeightFile): string {
  return (
    `Nothing was prepared. You can download ${file.urls[0]} in another way and run ` +
    `\`finetune prepare ${name} --weights FILE\`, give another address with --url, set HTTPS_PROXY, ` +
    'or use the embedded backbone: --backbone efficientnet-lite0.'
  );
}
