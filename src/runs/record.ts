// run.json: what it holds for those who use a run, and how a run is found and read back.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { globSync } from 'glob';
import * as v from 'valibot';
import { FinetuneError } from '../errors.js';
import { restoreReplaced } from '../system/atomic-folder.js';
import { describeIssue } from '../system/issues.js';
import { measureFile } from '../system/read-failure.js';
import { isAsSealed } from '../system/seal.js';

/** The version of run.json that this program writes and reads. */
export const runFormatVersion = 1;

const largestRecordBytes = 256 * 1024 * 1024;

const subset = v.picklist(['train', 'val', 'test']);

/** Which subset an image was in, with its content hash. Older runs call the subset a side. */
const splitEntry = v.union([
  v.object({ subset, hash: v.string() }),
  v.pipe(
    v.object({ side: subset, hash: v.string() }),
    v.transform(({ side, hash }) => ({ subset: side, hash })),
  ),
]);

const recordSchema = v.looseObject({
  formatVersion: v.literal(runFormatVersion),
  finishedAt: v.pipe(v.string(), v.isoTimestamp()),
  classNames: v.pipe(v.array(v.string()), v.minLength(2)),
  split: v.record(v.string(), splitEntry),
  head: v.optional(v.looseObject({ solver: v.string() })),
  /** The precision in which the base ran; model.onnx computes in int8 where the base did, and else in fp32. */
  base: v.optional(v.looseObject({ precision: v.optional(v.string()) })),
  crossValidation: v.optional(v.looseObject({ accuracy: v.number() })),
  /** sha-256 of every other file of the run, by its path. Older runs lack it. */
  files: v.optional(v.record(v.string(), v.string())),
});

/** What run.json tells those who use a run; it holds more for those who read it. */
export type RunRecord = v.InferOutput<typeof recordSchema>;

/** A run that is on disk. */
export interface Run {
  readonly dir: string;
  readonly record: RunRecord;
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
  restoreReplaced(dir);
  const isModel = existsSync(join(dir, 'model.json')) && !existsSync(join(dir, 'run.json'));
  const run = isModel && existsSync(join(dir, '..', 'run.json')) ? join(dir, '..') : dir;
  return { dir: run, record: await loadRecord(run) };
}

/**
 * Reads the record of a run.
 * @throws FinetuneError `not-found`; `bad-model` where it is damaged, foreign or of a newer version
 */
export async function loadRecord(dir: string): Promise<RunRecord> {
  const path = join(dir, 'run.json');
  const size = await measureFile(path);
  if (typeof size === 'string') {
    throw new FinetuneError('not-found', `No run in ${dir}: ${path} ${size}. Train one with finetune train.`);
  }
  const problem = (reason: string, cause?: unknown) =>
    new FinetuneError(
      'bad-model',
      `${path} is not a run that this version reads: ${reason}. Train it again.`,
      {
        cause,
      },
    );
  if (size > largestRecordBytes) throw problem('it is too large');
  const record = v.safeParse(recordSchema, await parseRecord(path, problem));
  if (!record.success) throw problem(describeIssue(record.issues));
  return record.output;
}

/**
 * Whether run.json is as it was written; one of an older version does not tell, and counts as such.
 * @throws where it cannot be read
 */
export async function isRecordAsWritten(dir: string): Promise<boolean> {
  const record: unknown = JSON.parse(await readFile(join(dir, 'run.json'), 'utf8'));
  return typeof record === 'object' && record !== null && isAsSealed(record);
}

async function parseRecord(
  path: string,
  problem: (reason: string, cause: unknown) => Error,
): Promise<unknown> {
  const text = await readFile(path, 'utf8');
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw problem('it is not JSON', cause);
  }
}
