// A run's folder: where it goes, how it is found and read back.

import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { globSync } from 'glob';
import { z } from 'zod';
import { FinetuneError } from '../errors.js';
import { validateReplaceable } from '../system/atomic-folder.js';

/** The version of run.json that this program writes and reads. */
export const runFormatVersion = 1;

const largestRecordBytes = 256 * 1024 * 1024;

const subset = z.enum(['train', 'val', 'test']);

/** Which subset an image was in, with its content hash. Older runs call the subset a side. */
const splitEntry = z.union([
  z.object({ subset, hash: z.string() }),
  z.object({ side: subset, hash: z.string() }).transform(({ side, hash }) => ({ subset: side, hash })),
]);

const recordSchema = z.looseObject({
  formatVersion: z.literal(runFormatVersion),
  finishedAt: z.iso.datetime(),
  classNames: z.array(z.string()).min(2),
  split: z.record(z.string(), splitEntry),
  head: z.looseObject({ solver: z.string() }).optional(),
});

/** What run.json tells those who use a run; it holds more for those who read it. */
export type RunRecord = z.output<typeof recordSchema>;

/** A run that is on disk. */
export interface Run {
  readonly dir: string;
  readonly record: RunRecord;
}

/** Where a run goes. */
export interface RunPlan {
  /** The data folder, after which the run is named unless it is told its folder. */
  readonly data: string;
  readonly out: string | undefined;
  /** Replace the run that is there. */
  readonly force: boolean;
}

/**
 * Decides the folder of a new run: `--out`, else `./runs/<name of the data folder>`, with `-2`, `-3`, ... when taken.
 * Looks now whether it can be written, for a training may take long.
 * @throws FinetuneError `bad-option` when `--out` exists and is not to be replaced, or cannot be written
 */
export function planRunFolder({ data, out, force }: RunPlan): string {
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

/**
 * Finds a run: the folder given, else the finished run under ./runs with the latest end time. One that is damaged
 * stands in nobody's way, unless there is no other.
 * @throws FinetuneError `not-found` | `bad-model`
 */
export async function resolveRun(dir: string | undefined): Promise<Run> {
  if (dir !== undefined) return await openNamed(dir);
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

/** Who names the model of a run means the run. */
async function openNamed(dir: string): Promise<Run> {
  const isModel = existsSync(join(dir, 'model.json')) && !existsSync(join(dir, 'run.json'));
  const run = isModel && existsSync(join(dir, '..', 'run.json')) ? join(dir, '..') : dir;
  return { dir: run, record: await loadRecord(run) };
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
