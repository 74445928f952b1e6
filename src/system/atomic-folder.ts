// Folders of runs and backbones that are there whole or not at all, and never in place of what is somebody else's.

import { existsSync, readdirSync, renameSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FinetuneError } from '../errors.js';
import { makeTemporaryFolderAt } from './temporary-folder.js';

/** One of these is in every folder that this program writes. */
const ownFiles = ['run.json', 'card.json'];

/**
 * Only what this program wrote is ever replaced: `--out ./photos --force` must not cost anybody their photos.
 * @throws FinetuneError `bad-option` for any other folder that is not empty
 */
export function validateReplaceable(dir: string): void {
  if (!existsSync(dir)) return;
  const names = statSync(dir).isDirectory() ? readdirSync(dir) : [basename(dir)];
  if (names.length === 0 || ownFiles.some(name => names.includes(name))) return;
  throw new FinetuneError(
    'bad-option',
    `${dir} is not replaced, even with --force: it holds ${names[0]}, and is neither a run nor a backbone. ` +
      'Choose another --out.',
  );
}

export interface FolderRules {
  /** Replace the run or backbone that is there: `--force`. */
  readonly force: boolean | undefined;
  /**
   * Asked where the folder appeared since it was planned, and is not to be replaced.
   * @returns another folder to try
   * @throws FinetuneError where there is no other
   */
  readonly whenTaken: () => string;
}

/**
 * Writes a run or a backbone in a hidden sibling of `dir` and renames it once `write` is through: a half-written one
 * is never found, and one that is replaced goes only when its successor is whole.
 * @returns the folder that it really got, and what `write` gave
 * @throws FinetuneError `bad-option` where `dir` is somebody else's
 */
export async function writeWholeFolder<Written>(
  dir: string,
  rules: FolderRules,
  write: (temporary: string) => Promise<Written>,
): Promise<{ readonly dir: string; readonly written: Written }> {
  if (rules.force) validateReplaceable(dir);
  await mkdir(dirname(dir), { recursive: true });
  const temporary = makeTemporaryFolderAt(join(dirname(dir), `.${basename(dir)}`));
  try {
    const whole = join(temporary.path, 'new');
    await mkdir(whole);
    const written = await write(whole);
    if (!rules.force) return { dir: moveToFree(whole, dir, rules.whenTaken), written };
    // Both at once: an interrupt between them would leave neither the old run nor the new one.
    if (existsSync(dir)) renameSync(dir, join(temporary.path, 'old'));
    renameSync(whole, dir);
    return { dir, written };
  } finally {
    await temporary.remove();
  }
}

/** A folder that appears at the last moment makes the renaming fail, for it is not empty. */
function moveToFree(whole: string, dir: string, whenTaken: () => string): string {
  for (let target = dir; ; target = whenTaken()) {
    if (existsSync(target)) continue;
    try {
      renameSync(whole, target);
      return target;
    } catch (error) {
      if (!existsSync(target)) throw error;
    }
  }
}
