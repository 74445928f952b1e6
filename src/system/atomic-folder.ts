// Folders of runs and backbones that appear complete or not at all, and never in place of what is somebody else's.

import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, realpathSync, renameSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { FinetuneError, messageOf, refuseOption } from '../errors.js';
import { makeFolder } from './make-folder.js';
import { findLeftovers, makeTemporaryFolderAt } from './temporary-folder.js';
import { explainWriteFailure } from './write-failure.js';

/** When a folder that is there may be replaced: `--force`. */
export interface Replacement {
  /**
   * Looks at every file of the folder.
   * @throws an error that says what in it this program cannot have written
   */
  readonly prove: (dir: string) => Promise<void>;
  readonly inputs: Inputs;
}

/** What happens where the folder is there already. */
export interface FolderRules {
  /** Undefined where nothing is to be replaced. */
  readonly replacement: Replacement | undefined;
  /**
   * Asked where the folder appeared since it was planned, and is not to be replaced.
   * @returns another folder to try
   * @throws FinetuneError where there is no other
   */
  readonly whenTaken: () => string;
}

/** What the work reads or keeps, by the option that names it. */
export type Inputs = Readonly<Record<string, string | undefined>>;

/**
 * Looks before the work whether a folder can be made where there is none yet.
 * @throws FinetuneError `bad-option` where its place is a part of what the work itself needs, or a link to nothing;
 * `not-written` where the file system takes no such name
 */
export function validatePlace(dir: string, inputs: Inputs): void {
  const conflict =
    findConflict(dir, inputs) ?? (isLink(dir) && !existsSync(dir) ? 'it is a link to nothing' : undefined);
  if (conflict === undefined) return;
  refuseOption(`${dir} cannot be written: ${conflict}. Choose another --out.`);
}

function isLink(dir: string): boolean {
  try {
    return lstatSync(dir, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  } catch (error) {
    throw explainWriteFailure(dir, error, '--out');
  }
}

/** None of what the work needs may be in the way, or around it. */
function findConflict(dir: string, inputs: Inputs): string | undefined {
  for (const [option, input] of Object.entries(inputs)) {
    if (input === undefined) continue;
    if (encloses(dir, input)) return `it is or contains ${option} ${input}`;
    if (encloses(input, dir)) return `it lies in ${option} ${input}`;
  }
  return undefined;
}

/**
 * Only what this program wrote, and can prove to have written, is ever replaced: `--out ./photos --force` must not cost
 * anybody their photos.
 * @throws FinetuneError `bad-option` for any other folder that is not empty, and for one that the work itself needs
 */
export async function validateReplaceable(dir: string, { prove, inputs }: Replacement): Promise<void> {
  const refuse = (reason: string, cause?: unknown) =>
    new FinetuneError(
      'bad-option',
      `${dir} is not replaced, even with --force: ${reason}. Choose another --out.`,
      { cause },
    );
  if (encloses(dir, process.cwd())) throw refuse('it is or contains the working directory');
  const conflict = findConflict(dir, inputs);
  if (conflict !== undefined) throw refuse(conflict);
  const found = lstatSync(dir, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isDirectory()) throw refuse(found.isSymbolicLink() ? 'it is a link' : 'it is no folder');
  if (readdirSync(dir).length === 0) return;
  try {
    await prove(dir);
  } catch (error) {
    throw refuse(
      `not all in it was written by this program, as it is now: ${messageOf(error).replace(/\.$/, '')}`,
      error,
    );
  }
}

/** Whether a path is another one, or a folder around it, links and the spelling of names apart. */
export function encloses(outer: string, inner: string): boolean {
  if (existing(outer) !== resolve(outer)) return `${canonical(inner)}/`.startsWith(`${canonical(outer)}/`);
  const wanted = identityOf(resolve(outer));
  for (let path = realpathSync(existing(inner)); ; path = dirname(path)) {
    if (identityOf(path) === wanted) return true;
    if (path === dirname(path)) return false;
  }
}

/** The path, or the nearest folder above it that is there. */
function existing(path: string): string {
  let found = resolve(path);
  while (!existsSync(found) && found !== dirname(found)) found = dirname(found);
  return found;
}

/** Without links, also of what is not there yet. */
function canonical(path: string): string {
  const found = existing(path);
  return join(realpathSync(found), relative(found, resolve(path)));
}

function identityOf(path: string): string {
  const { dev, ino } = statSync(path, { bigint: true });
  return `${dev} ${ino}`;
}

/**
 * Writes a run or a backbone in a hidden sibling of `dir` and renames it once `write` is through: a half-written one
 * is never found. One that is replaced is put aside first and goes last; if anything fails on the way it is put back.
 * @returns the folder that it really got, and what `write` gave
 * @throws FinetuneError `bad-option` where `dir` is not to be replaced
 */
export async function writeFolderAtomically<Written>(
  dir: string,
  rules: FolderRules,
  write: (temporary: string) => Promise<Written>,
): Promise<{ readonly dir: string; readonly written: Written }> {
  const { replacement } = rules;
  if (replacement !== undefined) await validateReplaceable(dir, replacement);
  makeParent(dirname(dir));
  const prefix = prefixOf(dir);
  putBack(prefix, dir);
  const temporary = makeTemporaryFolderAt(prefix, '--out');
  try {
    const complete = join(temporary.path, 'new');
    await mkdir(complete);
    const written = await write(complete);
    if (replacement === undefined) return { dir: moveToFree(complete, dir, rules.whenTaken), written };
    if (!(await isStillReplaceable(dir, replacement))) return { dir: moveBeside(complete, dir), written };
    exchange(complete, dir, join(temporary.path, aside));
    return { dir, written };
  } catch (error) {
    throw explainWriteFailure(dir, error, '--out');
  } finally {
    await temporary.remove();
  }
}

/**
 * Puts back what a killed process had put aside to replace it, where nothing is in its place: whoever looks for a run or a
 * backbone finds it. Where the file system refuses, it stays where it is.
 */
export function restoreReplaced(dir: string): void {
  if (existsSync(dir)) return;
  try {
    putBack(prefixOf(resolve(dir)), dir);
  } catch {
    // Whoever looks for it says that it is not there.
  }
}

/** Of the temporary folders beside a folder. */
function prefixOf(dir: string): string {
  return join(dirname(dir), `.${shorten(basename(dir))}`);
}

/** A temporary folder's name has an ending of its own, and no name has more than 255 bytes. */
function shorten(name: string): string {
  if (Buffer.byteLength(name) <= 150) return name;
  return `${name.slice(0, 30)}-${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
}

/** In the temporary folder: what is being replaced. */
const aside = 'old';

/** A process that was killed at the worst moment has put aside what it was to replace, and nothing in its place. */
function putBack(prefix: string, dir: string): void {
  for (const leftover of findLeftovers(prefix)) {
    if (existsSync(join(leftover, aside)) && !existsSync(dir)) renameSync(join(leftover, aside), dir);
  }
}

function makeParent(path: string): void {
  try {
    makeFolder(path);
  } catch (error) {
    throw explainWriteFailure(path, error, '--out');
  }
}

/** The work took a while, and somebody may have put something there. */
function isStillReplaceable(dir: string, replacement: Replacement): Promise<boolean> {
  return validateReplaceable(dir, replacement).then(
    () => true,
    () => false,
  );
}

/** What took so long is kept under another name rather than lost. */
function moveBeside(complete: string, dir: string): string {
  let number = 2;
  return moveToFree(complete, `${dir}-${number}`, () => `${dir}-${++number}`);
}

/** All at once: an interrupt in between would leave neither the old run nor the new one. */
function exchange(complete: string, dir: string, old: string): void {
  const isTaken = existsSync(dir);
  if (isTaken) renameSync(dir, old);
  try {
    renameSync(complete, dir);
  } catch (error) {
    if (isTaken) renameSync(old, dir);
    throw error;
  }
}

/** A folder that appears at the last moment makes the renaming fail, for it is not empty. */
function moveToFree(complete: string, dir: string, whenTaken: () => string): string {
  for (let target = dir; ; target = whenTaken()) {
    if (existsSync(target)) continue;
    try {
      renameSync(complete, target);
      return target;
    } catch (error) {
      if (!existsSync(target)) throw error;
    }
  }
}
