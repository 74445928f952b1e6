// Which folders of the tensorflow engine this program has made, by what is in them: nothing else is replaced or removed.

import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { builtDirectory, placeFiles, readRecord } from '../place.js';

/**
 * Whether an engine is as this program wrote it: its record tells how many bytes all other files have.
 * @param directory which may hold anything
 */
export async function isOwnEngine(directory: string): Promise<boolean> {
  if (!lstatSync(directory, { throwIfNoEntry: false })?.isDirectory()) return false;
  const path = join(directory, placeFiles.record);
  const record = readRecord(path);
  if (record === undefined) return false;
  return (await sizeOf(directory)) - lstatSync(path).size === record.bytes;
}

/**
 * Makes sure that what lies where the engine goes may be replaced.
 * @throws Error with what to do
 */
export async function validateReplaceableEngine(directory: string = builtDirectory()): Promise<void> {
  const found = lstatSync(directory, { throwIfNoEntry: false });
  if (found === undefined || (found.isDirectory() && readdirSync(directory).length === 0)) return;
  if (await isOwnEngine(directory)) return;
  throw new Error(
    `${directory} is not as this program wrote it, so it is not replaced. Move it away, or name another place with FINETUNE_CACHE`,
  );
}

/** Says that a folder was made by this program, which may do with it as it likes. */
const markName = '.finetune-setup';
const mark = 'Made by finetune setup, which replaces and removes what is in here.\n';

/**
 * Makes a folder this program's own.
 * @throws Error where it holds somebody else's files
 */
export async function claimFolder(directory: string): Promise<void> {
  if (isClaimed(directory)) return;
  if (existsSync(directory) && readdirSync(directory).length > 0) {
    throw new Error(
      `${directory} was not made by this program. Move it away, or name another place with FINETUNE_CACHE`,
    );
  }
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, markName), mark, { flag: 'wx' });
}

/** Whether this program has made a folder, and nothing else than what it puts there is in it. */
export function isClaimed(directory: string): boolean {
  try {
    return readFileSync(join(directory, markName), 'utf8') === mark;
  } catch {
    return false;
  }
}

/**
 * Removes what this program put into a folder of its own, and the folder where nothing else is in it.
 * @param names of files and folders in it
 */
export async function removeClaimed(directory: string, names: readonly string[]): Promise<void> {
  if (!isClaimed(directory)) return;
  for (const name of names) await rm(join(directory, name), { recursive: true, force: true });
  if ((await readdir(directory)).length > 1) return;
  await rm(join(directory, markName));
  await rmdir(directory);
}

/** Bytes of all files under a folder; 0 where there is none. */
export async function sizeOf(directory: string): Promise<number> {
  if (!existsSync(directory)) return 0;
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter(each => each.isFile());
  const sizes = await Promise.all(files.map(each => stat(join(each.parentPath, each.name))));
  return sizes.reduce((sum, each) => sum + each.size, 0);
}
