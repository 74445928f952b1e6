// A run's folder: where it goes, how it becomes whole in one step, how it is read back.

import { accessSync, constants, existsSync, readdirSync, renameSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { globSync } from 'glob';
import { z } from 'zod';
import { FinetuneError } from '../errors.js';
import { onInterrupt } from '../interrupt.js';

/** The version of run.json that this program writes and reads. */
export const runFormatVersion = 1;

const largestRecordBytes = 256 * 1024 * 1024;

const recordSchema = z.looseObject({
  formatVersion: z.literal(runFormatVersion),
  finishedAt: z.iso.datetime(),
  classNames: z.array(z.string()).min(2),
  split: z.record(z.string(), z.object({ side: z.enum(['train', 'val', 'test']), hash: z.string() })),
});

/** What run.json tells those who use a run; it holds more for those who read it. */
export type RunRecord = z.output<typeof recordSchema>;

export interface Run {
  readonly dir: string;
  readonly record: RunRecord;
}

/**
 * Decides the folder of a new run: `--out`, else `./runs/<name of the data folder>`, with `-2`, `-3`, ... when taken.
 * Looks now whether it can be written, for a training may take long.
 * @throws FinetuneError `bad-option` when `--out` exists and is not to be replaced, or cannot be written
 */
export function planRunFolder(data: string, out: string | undefined, force: boolean): string {
  const wanted = resolve(out ?? join('runs', basename(resolve(data)) || 'data'));
  validateParent(dirname(wanted));
  if (force) validateReplaceable(wanted);
  if (force || !existsSync(wanted)) return wanted;
  if (out !== undefined) {
    throw new FinetuneError(
      'bad-option',
      `${out} exists already, and a run is never overwritten. Choose another --out, or say --force to replace it.`,
    );
  }
  let number = 2;
  while (existsSync(`${wanted}-${number}`)) number += 1;
  return `${wanted}-${number}`;
}

/** @throws FinetuneError `bad-option` where no folder can be made below `parent` */
function validateParent(parent: string): void {
  let existing = parent;
  while (!existsSync(existing)) existing = dirname(existing);
  const refuse = (reason: string, cause?: unknown) =>
    new FinetuneError(
      'bad-option',
      `Nothing can be saved in ${parent}: ${existing} ${reason}. Choose another folder with --out.`,
      { cause },
    );
  if (!statSync(existing).isDirectory()) throw refuse('is a file');
  try {
    accessSync(existing, constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw refuse('is not writable', cause);
  }
}

/** One of these is in every folder that this program writes. */
const ownFiles = ['run.json', 'card.json'];

/**
 * Only what this program wrote is ever replaced: `--out ./photos --force` must not cost anybody their photos.
 * @throws FinetuneError `bad-option` for any other folder that is not empty
 */
function validateReplaceable(dir: string): void {
  if (!existsSync(dir)) return;
  const names = statSync(dir).isDirectory() ? readdirSync(dir) : [basename(dir)];
  if (names.length === 0 || ownFiles.some(name => names.includes(name))) return;
  throw new FinetuneError(
    'bad-option',
    `${dir} is not replaced, even with --force: it holds ${names[0]}, and is neither a run nor a backbone. ` +
      'Choose another --out.',
  );
}

export interface RunFolderRules {
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
 * Writes a run in a hidden sibling of `dir` and renames it once `write` is through: a half-written run is never
 * found, and a run that is replaced goes only when its successor is whole.
 * @returns the folder that it really got
 * @throws FinetuneError `bad-option` where `dir` is somebody else's
 */
export async function writeRunFolder(
  dir: string,
  rules: RunFolderRules,
  write: (temporary: string) => Promise<void>,
): Promise<string> {
  if (rules.force) validateReplaceable(dir);
  await mkdir(dirname(dir), { recursive: true });
  const temporary = await mkdtemp(join(dirname(dir), `.${basename(dir)}-`));
  const forget = onInterrupt(temporary);
  try {
    const whole = join(temporary, 'new');
    await mkdir(whole);
    await write(whole);
    if (!rules.force) return moveToFree(whole, dir, rules.whenTaken);
    // Both at once: an interrupt between them would leave neither the old run nor the new one.
    if (existsSync(dir)) renameSync(dir, join(temporary, 'old'));
    renameSync(whole, dir);
    return dir;
  } finally {
    forget();
    await rm(temporary, { recursive: true, force: true });
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

/**
 * Finds a run: the folder given, else the finished run under ./runs with the latest end time. One that is damaged
 * stands in nobody's way, unless there is no other.
 * @throws FinetuneError `not-found` | `bad-model`
 */
export async function resolveRun(dir: string | undefined): Promise<Run> {
  if (dir !== undefined) return { dir, record: await loadRecord(dir) };
  const dirs = globSync('runs/*/run.json').map(dirname);
  const loaded = await Promise.allSettled(
    dirs.map(async each => ({ dir: each, record: await loadRecord(each) })),
  );
  const runs = loaded.flatMap(each => (each.status === 'fulfilled' ? each.value : []));
  const newest = runs.sort((a, b) => b.record.finishedAt.localeCompare(a.record.finishedAt))[0];
  if (newest === undefined) {
    const failure = loaded.find(each => each.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
    throw new FinetuneError(
      'not-found',
      `No finished run under ${resolve('runs')}. Train one with finetune train --data DIR, or name one with --model RUN.`,
    );
  }
  return newest;
}

async function loadRecord(dir: string): Promise<RunRecord> {
  const path = join(dir, 'run.json');
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) {
    throw new FinetuneError(
      'not-found',
      `No run in ${dir}: ${path} is missing. Train one with finetune train.`,
    );
  }
  const problem = (reason: string, cause?: unknown) =>
    new FinetuneError(
      'bad-model',
      `${path} is not a run that this version reads: ${reason}. Train it again.`,
      {
        cause,
      },
    );
  if (found.size > largestRecordBytes) throw problem('it is too large');
  try {
    return recordSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    throw problem(cause instanceof z.ZodError ? z.prettifyError(cause) : 'it is not JSON', cause);
  }
}
