// The libraries for CUDA, taken away: file by file, and only what is as this program wrote it.

import { existsSync, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { rmdir, unlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileDigest } from '../../system/file-digest.js';
import { cudaPackages } from './packages.js';
import {
  type CudaPlace,
  type CudaRecord,
  cudaDirectory,
  readCudaRecord,
  recordName,
  runtimeName,
  workDirectory,
} from './place.js';
import { wheelName } from './wheels.js';

/** What was taken away, and what was left because this program did not write it, or not so. */
export interface CudaRemoval {
  readonly removed: readonly string[];
  readonly bytes: number;
  readonly kept: readonly string[];
}

/** Takes away everything that `installCuda` wrote, what it left unfinished too. */
export async function removeCuda(): Promise<CudaRemoval> {
  const parts = [await removeLibraries(), await removeUnfinished()];
  return {
    removed: parts.flatMap(({ removed }) => removed),
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    kept: parts.flatMap(({ kept }) => kept),
  };
}

/** The finished libraries: each must be what the record says. */
export async function removeLibraries(): Promise<CudaRemoval> {
  const directory = cudaDirectory();
  const record = readCudaRecord(directory);
  return await removeFiles(directory, async name => {
    if (record === undefined) return false;
    if (name === recordName) return true;
    const path = join(directory, name);
    if (name.startsWith(runtimeName)) return basename(linkOf(path) ?? '') === runtimeName;
    return await isAsRecorded(path, record.libraries[name]);
  });
}

/** Whether every library is there, as it was written. */
export async function isWhole({ directory, record }: CudaPlace): Promise<boolean> {
  for (const [name, entry] of Object.entries(record.libraries))
    if (!(await isAsRecorded(join(directory, name), entry))) return false;
  return true;
}

async function isAsRecorded(
  path: string,
  entry: CudaRecord['libraries'][string] | undefined,
): Promise<boolean> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (entry === undefined || found === undefined) return false;
  if ('link' in entry) return linkOf(path) === entry.link;
  return found.isFile() && (await fileDigest(path, 'sha256')) === entry.sha256;
}

function linkOf(path: string): string | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(path) : undefined;
}

/** Wheels, whole or in part, and libraries that were being unpacked: known by their names. */
export async function removeUnfinished(): Promise<CudaRemoval> {
  const wheels = new Set(cudaPackages.flatMap(each => [wheelName(each), `${wheelName(each)}.part`]));
  const beginnings = cudaPackages.flatMap(({ libraries }) => libraries);
  const libraries = await removeFiles(
    join(workDirectory(), 'libraries'),
    async name => name === recordName || beginnings.some(each => name.startsWith(each)),
  );
  const own = await removeFiles(workDirectory(), async name => wheels.has(name));
  return {
    removed: [...libraries.removed, ...own.removed],
    bytes: libraries.bytes + own.bytes,
    kept: [...libraries.kept, ...own.kept],
  };
}

async function removeFiles(
  directory: string,
  isOwn: (name: string) => Promise<boolean>,
): Promise<CudaRemoval> {
  const removed: string[] = [];
  const kept: string[] = [];
  let bytes = 0;
  // The record last: without it nothing could be proven of the others.
  const names = existsSync(directory) ? readdirSync(directory).sort(recordLast) : [];
  for (const name of names) {
    const path = join(directory, name);
    const found = lstatSync(path);
    if (found.isDirectory() || !(await isOwn(name))) {
      kept.push(path);
      continue;
    }
    await unlink(path);
    removed.push(path);
    bytes += found.size;
  }
  if (existsSync(directory) && kept.length === 0) await rmdir(directory);
  return { removed, bytes, kept };
}

function recordLast(left: string, right: string): number {
  return Number(left === recordName) - Number(right === recordName);
}
