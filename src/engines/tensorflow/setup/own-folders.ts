// Which engines this program has made, by what is in them: nothing else is replaced or removed.

import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
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

/** Bytes of all files under a folder; 0 where there is none. */
export async function sizeOf(directory: string): Promise<number> {
  if (!existsSync(directory)) return 0;
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter(each => each.isFile());
  const sizes = await Promise.all(files.map(each => stat(join(each.parentPath, each.name))));
  return sizes.reduce((sum, each) => sum + each.size, 0);
}
