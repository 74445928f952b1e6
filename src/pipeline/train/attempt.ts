// A training under way is noted beside the checkpoints, by the folder of the run that it is to become: so that --resume
// knows whether there is one that was stopped, and what is different now.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import * as v from 'valibot';
import type { DataSet } from '../../data/data-set.js';
import type { Engine } from '../../engines/start.js';
import { FinetuneError, refuseOption } from '../../errors.js';
import { flagOf, type RawOptions } from '../../options.js';
import { type RunPlan, wantedFolder } from '../../runs/folder.js';
import { writeAtomically } from '../../system/atomic-write.js';
import { makeFolder } from '../../system/make-folder.js';
import type { Amounts } from '../../system/time-budget.js';
import { versions } from '../../system/versions.js';
import { checkpointDirectory } from '../../training/checkpoint.js';

/** What an attempt is told by. */
export interface AttemptRequest {
  /** The folder that the run is to get. */
  readonly dir: string;
  readonly plan: RunPlan;
  /** Settled. */
  readonly options: RawOptions & { readonly resume: boolean };
  readonly dataSet: Pick<DataSet, 'fingerprint'>;
  readonly engine: Engine;
}

/** A training under way. */
export interface Attempt {
  /** What a training that was stopped, and is the same, has planned for its time. */
  readonly planned?: Amounts | undefined;
  /** Notes it for a training that goes on with this one. */
  readonly remember: (planned: Amounts) => Promise<void>;
  /**
   * Does the work that ends in a run, and forgets it. What is refused in the middle was not stopped, but is as if it had
   * not begun; a full disk stops it.
   */
  readonly complete: <Result>(work: () => Promise<Result>) => Promise<Result>;
}

/** Options that change nothing of what is learnt. */
const indifferent: readonly string[] = ['out', 'force', 'config', 'resume', 'store', 'verify', 'data'];

const noteSchema = v.record(v.string(), v.string());

/**
 * Says at once, before anything is looked through, that a finished run is not resumed.
 * @throws FinetuneError `bad-option`
 */
export function refuseFinished({ out, force }: RunPlan, resume: boolean): void {
  if (resume && !force && out !== undefined && existsSync(resolve(out))) throw finished(out);
}

/**
 * Notes that a training begins. With `resume`, finds the one that was stopped.
 * @throws FinetuneError `bad-option` where none was stopped, or its data set or an option was another, which it names
 */
export async function beginAttempt(request: AttemptRequest): Promise<Attempt> {
  const { dir, plan, options } = request;
  const name = createHash('sha256').update(dir).digest('hex').slice(0, 32);
  const path = join(checkpointDirectory(), `${name}.json`);
  const note = describe(request);
  const before = await readNote(path);
  if (options.resume) {
    if (before === undefined)
      throw existsSync(wantedFolder(plan)) ? finished(wantedFolder(plan)) : nothingStopped(dir);
    validateSame(before, note);
  }
  const planned = before && findChange(before, note) === undefined ? before[plannedKey] : undefined;
  const write = (amounts: string | undefined) => writeNote(path, { ...note, [plannedKey]: amounts });
  await write(planned);
  return {
    planned: readAmounts(planned),
    remember: amounts => write(JSON.stringify(amounts)),
    async complete(work) {
      try {
        const result = await work();
        await writeNote(path, undefined);
        return result;
      } catch (error) {
        if (error instanceof FinetuneError && error.code !== 'not-written') await writeNote(path, before);
        throw error;
      }
    },
  };
}

type Note = Readonly<Record<string, string | undefined>>;

/** Writes a note, or removes it. It only saves time: a training by epochs tells that it cannot be, with its first checkpoint. */
async function writeNote(path: string, note: Note | undefined): Promise<void> {
  try {
    makeFolder(dirname(path));
    await (note === undefined ? rm(path, { force: true }) : writeAtomically(path, JSON.stringify(note)));
  } catch {
    // Said above.
  }
}

/** Under this name what was planned lies beside what is compared. */
const plannedKey = 'planned';

const amountsSchema = v.record(v.string(), v.pipe(v.number(), v.safeInteger(), v.minValue(0)));

function readAmounts(noted: string | undefined): Amounts | undefined {
  if (noted === undefined) return undefined;
  try {
    return v.parse(amountsSchema, JSON.parse(noted));
  } catch {
    return undefined;
  }
}

/** Everything that matters, by the name under which a user knows it. */
function describe({ options, dataSet, engine }: AttemptRequest): Record<string, string> {
  const given = Object.entries(options).filter(
    ([name, value]) => !indifferent.includes(name) && value !== undefined,
  );
  return {
    ...Object.fromEntries(given.map(([name, value]) => [flagOf(name), JSON.stringify(value)])),
    'the data set': dataSet.fingerprint,
    'the engine': engine.description,
    'the versions': JSON.stringify(versions()),
  };
}

async function readNote(path: string): Promise<Record<string, string> | undefined> {
  try {
    return v.parse(noteSchema, JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}

function validateSame(before: Readonly<Record<string, string>>, now: Readonly<Record<string, string>>): void {
  const changed = findChange(before, now);
  if (changed === undefined) return;
  const isOption = changed.startsWith('--');
  const received = now[changed] === undefined ? 'is not given' : `is ${now[changed]}`;
  const difference = isOption
    ? `${changed} ${received}, and was ${before[changed] ?? 'not given'} in the training that was stopped`
    : `${changed} ${changed.endsWith('s') ? 'are' : 'is'} not what the training that was stopped had`;
  refuseOption(
    `--resume goes on with the same training only: ${difference}. Make it as it was, or leave out --resume to begin anew.`,
  );
}

function findChange(
  before: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
): string | undefined {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  return names.find(name => name !== plannedKey && before[name] !== now[name]);
}

function finished(dir: string): FinetuneError {
  return new FinetuneError(
    'bad-option',
    `${dir} is finished: there is nothing to go on with. Leave out --resume, and choose another --out to train anew.`,
  );
}

function nothingStopped(dir: string): FinetuneError {
  return new FinetuneError(
    'bad-option',
    `No training for ${dir} was stopped: there is nothing to go on with. Leave out --resume to begin.`,
  );
}
