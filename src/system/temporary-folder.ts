// Folders that are gone when they are no longer needed: also after Ctrl-C and process.exit(), and what a killed process
// has left goes when the next one makes a folder of the same kind.

import { randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { cacheDirectory } from './cache-directory.js';
import { onInterrupt } from './interrupt.js';
import { makeFolder } from './make-folder.js';
import { isAtWork, ownerName } from './owner.js';
import { codeOf, describeWriteFailure, explainWriteFailure } from './write-failure.js';

/** A folder that is there until it is removed. */
export interface TemporaryFolder {
  readonly path: string;
  remove(): Promise<void>;
}

/** Says whose a folder is, and that this program has made it. */
const ownerFile = '.finetune-owner';

let problem: string | undefined;

/** What was wrong with the system's temporary folder, if anything: told once. */
export function takeTemporaryProblem(): string | undefined {
  const taken = problem;
  problem = undefined;
  return taken;
}

/**
 * Makes one in the system's temporary folder; where nothing can be written there, in the cache directory.
 * @param purpose part of the folder's name, for whoever comes across it
 * @throws FinetuneError `not-written` where the machine refuses both
 */
export function makeTemporaryFolder(purpose: string): TemporaryFolder {
  const name = `finetune-${purpose}`;
  try {
    return makeTemporaryFolderAt(join(tmpdir(), name), 'TMPDIR');
  } catch (error) {
    const instead = join(cacheDirectory(), 'temporary');
    try {
      makeFolder(instead);
      const folder = makeTemporaryFolderAt(join(instead, name));
      problem = `Nothing can be written in ${tmpdir()}, the system's temporary folder: ${reasonOf(error)}. ${instead} is used instead.`;
      return folder;
    } catch {
      throw error;
    }
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return codeOf(cause) === 'ENOENT' ? 'it is not there' : describeWriteFailure(cause);
}

/**
 * Makes one beside what will take its place, or elsewhere.
 * @param prefix path of the folder, to which its own ending is added
 * @param option what chooses another place, for a message
 * @throws FinetuneError `not-written` where the machine refuses
 */
export function makeTemporaryFolderAt(prefix: string, option?: string): TemporaryFolder {
  for (const leftover of findLeftovers(prefix)) removeOwned(leftover);
  for (const unfinished of findUnfinished(prefix)) removeUnfinished(unfinished);
  const path = `${prefix}-${ownerName()}-${randomUUID()}`;
  // Noted before it is there: an interrupt in between would leave it behind.
  const forget = onInterrupt(() => removeOwned(path));
  try {
    mkdirSync(path, { mode: 0o700 });
    writeFileSync(join(path, ownerFile), ownerName());
  } catch (error) {
    forget();
    if (existsSync(path)) removeOwned(path);
    throw explainWriteFailure(path, error, option);
  }
  return {
    path,
    async remove() {
      for (const name of await readdir(path).catch(() => []))
        if (name !== ownerFile) await rm(join(path, name), { recursive: true, force: true });
      await rm(path, { recursive: true, force: true });
      forget();
    },
  };
}

/** Folders of this prefix whose process has died: what is in them, nobody will need or finish. */
export function findLeftovers(prefix: string): string[] {
  return foldersOf(prefix).filter(path => {
    const owner = readOwner(path);
    return owner !== undefined && !isAtWork(owner);
  });
}

/** Folders of this prefix that a process has made, by their names, and died before it had put its name in. */
function findUnfinished(prefix: string): string[] {
  return foldersOf(prefix).filter(path => {
    const [, owner] = /-([0-9a-f]{8}-\d+-\d+)-[0-9a-f]{8}-[^.]+$/.exec(path) ?? [];
    return owner !== undefined && !isAtWork(owner) && readOwner(path) === undefined;
  });
}

function foldersOf(prefix: string): string[] {
  const parent = dirname(prefix);
  return namesIn(parent)
    .filter(
      name =>
        name.startsWith(`${basename(prefix)}-`) && /-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name),
    )
    .map(name => join(parent, name));
}

/** Its owner's name goes last: so long as anything is left, it can be told whose it is. */
function removeOwned(path: string): void {
  for (const name of namesIn(path))
    if (name !== ownerFile) rmSync(join(path, name), { recursive: true, force: true });
  rmSync(path, { recursive: true, force: true });
}

/** Nothing but an empty folder, or one with a name of which nothing or a part was written. */
function removeUnfinished(path: string): void {
  const names = namesIn(path);
  try {
    const [only] = names;
    if (only === ownerFile && names.length === 1 && ownFile.test(readFileSync(join(path, only), 'latin1')))
      unlinkSync(join(path, only));
    rmdirSync(path);
  } catch {
    // Something is in it, or it is gone.
  }
}

/** A part of an owner's name. */
const ownFile = /^[0-9a-f]{0,8}(-\d*){0,2}$/;

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // What is wrong with the folder shows when something is made in it.
    return [];
  }
}

function readOwner(folder: string): string | undefined {
  try {
    return /^[0-9a-f]{8}-\d+-\d+$/.exec(readFileSync(join(folder, ownerFile), 'latin1'))?.[0];
  } catch {
    return undefined;
  }
}
