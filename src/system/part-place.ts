// What has arrived of downloads, in a folder that only this program writes to: what lies there may be added to and removed.
// A part is named `NAME.part`, and `NAME.part.OWNER` while a process adds to it.

import { randomUUID } from 'node:crypto';
import { readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FinetuneError, messageOf } from '../errors.js';
import { claimFolder, isClaimed, removeClaimed } from './claimed-folder.js';
import { sizeOf } from './download-part.js';
import { isAtWork, ownerName } from './owner.js';
import { explainWriteFailure } from './write-failure.js';

/** The folder of parts, beside the downloads. */
const folderName = 'unfinished';

/** A part that is this download's alone until it is released. */
export interface PartPlace {
  readonly path: string;
  /** Lets the next download of the file go on with it, or, unless it is to be kept, removes it. */
  release(keep: boolean): Promise<void>;
}

/**
 * Takes over what a download that has ended or was killed has left of a file, or begins anew.
 * @param path of the file when it is whole
 * @param keep whether what is left can be gone on with; else it is removed
 * @throws FinetuneError `download-failed` where the folder of parts is somebody else's; `not-written`
 */
export async function takePart(path: string, keep: boolean): Promise<PartPlace> {
  const folder = join(dirname(path), folderName);
  const free = join(folder, `${basename(path)}.part`);
  try {
    await claimFolder(folder);
  } catch (error) {
    const explained = explainWriteFailure(folder, error);
    if (explained instanceof FinetuneError) throw explained;
    throw new FinetuneError('download-failed', `${messageOf(error)}.`, { cause: error });
  }
  const taken = `${free}.${ownerName()}-${randomUUID()}`;
  for (const left of await findFree(free)) {
    if (!keep) await rm(left, { force: true });
    // Another process may have been faster.
    else if (await isRenamed(left, taken)) break;
  }
  return {
    path: taken,
    async release(isKept) {
      if (!isKept || !(await isRenamed(taken, free))) await rm(taken, { force: true });
    },
  };
}

/**
 * Removes what has arrived of files that were to lie in a folder.
 * @returns what went, and its bytes
 */
export async function removeParts(directory: string): Promise<{ removed: string[]; bytes: number }> {
  const folder = join(directory, folderName);
  if (!isClaimed(folder)) return { removed: [], bytes: 0 };
  const names = (await readdir(folder)).filter(name => partName.test(name));
  const removed = names.map(name => join(folder, name));
  const sizes = await Promise.all(removed.map(sizeOf));
  await removeClaimed(folder, names);
  return { removed, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

const partName = /\.part(?:\.(\w+-\d+-\d+)-[0-9a-f-]{36})?$/;

async function findFree(free: string): Promise<string[]> {
  const names = await readdir(dirname(free));
  return names
    .filter(name => {
      const found = name.startsWith(basename(free)) ? partName.exec(name) : null;
      return found !== null && found.index + '.part'.length === basename(free).length && !isTaken(found[1]);
    })
    .map(name => join(dirname(free), name));
}

function isTaken(owner: string | undefined): boolean {
  return owner !== undefined && isAtWork(owner);
}

async function isRenamed(from: string, to: string): Promise<boolean> {
  return await rename(from, to).then(
    () => true,
    () => false,
  );
}
