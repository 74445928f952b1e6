// The libraries for CUDA, taken away: file by file, and only what is as this program wrote it.

import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isClaimed, markName, removeClaimed } from '../../system/claimed-folder.js';
import { fileDigest } from '../../system/file-digest.js';
import { removeParts } from '../../system/part-place.js';
import { cudaPackages } from './packages.js';
import {
  type CudaPlace,
  type CudaRecord,
  cudaDirectory,
  isRuntimeLink,
  linkOf,
  readCudaRecord,
  recordName,
  runtimeName,
  workDirectory,
  workFolders,
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
  return sum([await removeLibraries(), await removeUnfinished()]);
}

function sum(parts: readonly CudaRemoval[]): CudaRemoval {
  return {
    removed: parts.flatMap(({ removed }) => removed),
    bytes: parts.reduce((total, { bytes }) => total + bytes, 0),
    kept: parts.flatMap(({ kept }) => kept),
  };
}

/** Finished libraries: each must be what the record beside them says. */
export async function removeLibraries(directory: string = cudaDirectory()): Promise<CudaRemoval> {
  return await removeFiles(directory, proofOf(directory));
}

/** What of a folder this program did not write, or not so; undefined where there is nothing of the kind. */
export async function findForeign(directory: string): Promise<string | undefined> {
  const found = lstatSync(directory, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  if (!found.isDirectory()) return directory;
  const isOwn = proofOf(directory);
  for (const name of readdirSync(directory)) if (!(await isOwn(name))) return join(directory, name);
  return undefined;
}

/** Tells of a name in a folder of finished libraries whether this program wrote what has it. */
function proofOf(directory: string): (name: string) => Promise<boolean> {
  const record = readCudaRecord(directory);
  return async name => {
    if (record === undefined) return false;
    if (name === recordName) return true;
    const path = join(directory, name);
    if (name.startsWith(runtimeName)) return isRuntimeLink(path);
    return await isAsRecorded(path, record.libraries[name]);
  };
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

/** Wheels, whole or in part, and libraries that were being unpacked or replaced, from a folder of this program's own. */
export async function removeUnfinished(): Promise<CudaRemoval> {
  const work = workDirectory();
  if (!isClaimed(work)) return { removed: [], bytes: 0, kept: existsSync(work) ? [work] : [] };
  const wheels = new Set(cudaPackages.map(wheelName));
  const beginnings = cudaPackages.flatMap(({ libraries }) => libraries);
  const parts = [
    { ...(await removeParts(work)), kept: [] },
    await removeLibraries(join(work, workFolders.replaced)),
    await removeFiles(
      join(work, workFolders.fresh),
      async name => name === recordName || beginnings.some(each => name.startsWith(each)),
    ),
    await removeFiles(work, async name => wheels.has(name)),
  ];
  await removeClaimed(work, []);
  const { removed, bytes, kept } = sum(parts);
  return { removed, bytes, kept: kept.filter(path => path !== join(work, markName)) };
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
