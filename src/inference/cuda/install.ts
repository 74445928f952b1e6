// The libraries for CUDA, fetched and put into their folder.

import { statfsSync } from 'node:fs';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { FinetuneError, messageOf } from '../../errors.js';
import { claimFolder } from '../../system/claimed-folder.js';
import type { Context } from '../../system/context.js';
import { fileDigest } from '../../system/file-digest.js';
import { unpackWheel } from '../../system/unpack-wheel.js';
import { cudaNeeds, cudaPackages, provider } from './packages.js';
import {
  type CudaPlace,
  type CudaRecord,
  cudaDirectory,
  recordName,
  workDirectory,
  workFolders,
} from './place.js';
import { removeLibraries } from './remove.js';
import { putBackLibraries, replaceLibraries, validateReplaceableLibraries } from './replace.js';
import { type CudaSource, downloadWheel, findGiven } from './wheels.js';

/**
 * Fetches and unpacks the libraries, which appear in their folder together or not at all.
 * @param from a folder that holds them; PyPI where nothing is said
 * @throws FinetuneError `download-failed` | `not-found` | `bad-weights` | `not-written`
 */
export async function installCuda(from: string | undefined, context: Context): Promise<CudaPlace> {
  const libraries = await prepareWork();
  if (from === undefined) validateSpace();
  const sources: CudaSource[] = [];
  for (const each of cudaPackages) {
    context.signal.throwIfAborted();
    sources.push(
      await (from === undefined ? downloadWheel(each, workDirectory(), context) : findGiven(each, from)),
    );
  }
  const record = { formatVersion: 1 as const, onnxruntime: provider.onnxruntime, libraries: {} };
  for (const [i, each] of cudaPackages.entries()) {
    context.signal.throwIfAborted();
    context.emit({ type: 'setup', step: `unpacking ${each.name}` });
    const source = sources[i];
    if (source !== undefined)
      Object.assign(
        record.libraries,
        await placeLibraries(source, each.libraries, { directory: libraries, signal: context.signal }),
      );
  }
  await writeFile(join(libraries, recordName), `${JSON.stringify(record, null, 2)}\n`, { flush: true });
  await replaceLibraries();
  return { directory: cudaDirectory(), record };
}

/**
 * Makes the working folder this program's own; of an earlier installation that broke off, the wheels are kept.
 * @returns the empty folder that takes the libraries
 */
async function prepareWork(): Promise<string> {
  try {
    await claimFolder(workDirectory());
  } catch (error) {
    throw new FinetuneError('not-written', `${messageOf(error)}.`, { cause: error });
  }
  await putBackLibraries();
  await validateReplaceableLibraries();
  await removeLibraries(join(workDirectory(), workFolders.replaced));
  const libraries = join(workDirectory(), workFolders.fresh);
  await rm(libraries, { recursive: true, force: true });
  await mkdir(libraries);
  return libraries;
}

/** @returns what to record of each library */
async function placeLibraries(
  { wheel, libraries }: CudaSource,
  beginnings: readonly string[],
  target: { readonly directory: string; readonly signal: AbortSignal },
): Promise<CudaRecord['libraries']> {
  const placed: CudaRecord['libraries'] = {};
  if (wheel === undefined) {
    for (const path of libraries) {
      const link = join(target.directory, basename(path));
      await rm(link, { force: true });
      await symlink(path, link);
      placed[basename(path)] = { link: path };
    }
    return placed;
  }
  const isWanted = (name: string) => beginnings.some(each => name.startsWith(each));
  const names = await unpackWheel(wheel, target, path =>
    isWanted(basename(path)) ? basename(path) : undefined,
  );
  for (const name of names)
    placed[name] = { sha256: await fileDigest(join(target.directory, name), 'sha256') };
  return placed;
}

function validateSpace(): void {
  const { bavail, bsize } = statfsSync(workDirectory());
  const free = bavail * bsize;
  if (free >= cudaNeeds.space) return;
  throw new FinetuneError(
    'not-written',
    `${workDirectory()} has ${(free / 1e9).toFixed(1)} GB free and needs ${(cudaNeeds.space / 1e9).toFixed(1)} GB. ` +
      'FINETUNE_CACHE names another place.',
  );
}
