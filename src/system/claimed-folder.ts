// Folders that this program has made its own by a mark in them: it may replace and remove what it puts there.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from './make-folder.js';
import { codeOf } from './write-failure.js';

/** The file that says that a folder was made by this program, which may do with it as it likes. */
export const markName = '.finetune-setup';
const mark = 'Made by finetune setup, which replaces and removes what is in here.\n';

/**
 * Makes a folder this program's own.
 * @throws Error where it holds somebody else's files
 */
export async function claimFolder(directory: string): Promise<void> {
  const others = existsSync(directory) ? readdirSync(directory).filter(name => name !== markName) : [];
  // Only then: another process that claims it meanwhile writes its mark before anything else.
  if (isClaimed(directory)) return;
  if (others.length > 0) throw notOurs(directory);
  makeFolder(directory);
  const path = join(directory, markName);
  try {
    await writeFile(path, mark, { flag: 'wx' });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    // Another process may not have written all of it yet.
    if (!mark.startsWith(await readFile(path, 'utf8'))) throw notOurs(directory);
  }
}

function notOurs(directory: string): Error {
  return new Error(
    `${directory} was not made by this program. Move it away, or name another place with FINETUNE_CACHE`,
  );
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
