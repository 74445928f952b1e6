// A checkpoint on disk: one file, the last one only. A line of JSON, then the arrays as little-endian float32.

import { createHash } from 'node:crypto';
import { open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { endianness } from 'node:os';
import { basename, dirname, join } from 'node:path';
import * as v from 'valibot';
import { FinetuneError, messageOf } from '../errors.js';
import { writeAtomically } from '../system/atomic-write.js';
import { cacheDirectory } from '../system/cache-directory.js';
import type { Context } from '../system/context.js';
import { makeFolder } from '../system/make-folder.js';
import { codeOf, describeWriteFailure } from '../system/write-failure.js';
import type { Checkpoint, LoopContext } from './loop.js';

const formatVersion = 2;
const largestHeaderBytes = 64 * 1024 * 1024;

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const headerSchema = v.object({
  formatVersion: v.literal(formatVersion),
  /** A hash of options, data and model. A checkpoint of another training is none. */
  fingerprint: v.string(),
  steps: count,
  /** Arrays that the optimizer keeps of every weight. */
  slots: v.pipe(count, v.maxValue(8)),
  bestEpoch: count,
  // In the order of the loop's records, so that history.jsonl is the same to the byte.
  history: v.array(
    v.object({
      epoch: count,
      loss: v.number(),
      accuracy: v.number(),
      learningRate: v.optional(v.number()),
      valLoss: v.optional(v.number()),
      valAccuracy: v.optional(v.number()),
      seconds: v.number(),
    }),
  ),
  /** Elements of each trainable weight. */
  lengths: v.array(count),
});

/** Where a training that was killed goes on. */
export interface CheckpointPlace {
  readonly path: string;
  /** A hash of everything that the weights depend on: a checkpoint of another training is none. */
  readonly fingerprint: string;
  /** Removes the checkpoint, when the run is saved. */
  readonly forget: () => Promise<void>;
}

const weekInMilliseconds = 7 * 24 * 3600 * 1000;

/** Where checkpoints lie, and what is noted of trainings under way. */
export function checkpointDirectory(): string {
  return join(cacheDirectory(), 'checkpoints');
}

/**
 * The place of a training's checkpoint, in the cache directory: the same command finds it again. Those that nobody
 * has gone on with for a week are removed.
 * @param identity all that the weights depend on
 */
export async function placeCheckpoint(identity: unknown): Promise<CheckpointPlace> {
  const dir = checkpointDirectory();
  await removeOld(dir);
  const fingerprint = createHash('sha256').update(JSON.stringify(identity)).digest('hex');
  const path = join(dir, `${fingerprint.slice(0, 32)}.bin`);
  return { path, fingerprint, forget: () => rm(path, { force: true }).catch(ignoreMissing) };
}

/** Where nothing can be made or removed, there is nothing old; that nothing can be kept shows with the first checkpoint. */
async function removeOld(dir: string): Promise<void> {
  for (const name of await readdir(dir).catch(() => [])) {
    const file = join(dir, name);
    const found = await stat(file).catch(ignoreMissing);
    const isOld = found?.isFile() && Date.now() - found.mtimeMs > weekInMilliseconds;
    if (isOld && (await isOwn(file))) await rm(file, { force: true }).catch(() => undefined);
  }
}

const ownName = /^[0-9a-f]{32}\.(bin|json)$/;

/** Where somebody's own folder is the cache directory, `checkpoints` may be theirs, too. */
async function isOwn(file: string): Promise<boolean> {
  if (!ownName.test(basename(file))) return false;
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(65_536), 0, 65_536, 0);
    const text = buffer.toString('latin1', 0, bytesRead);
    return /^\{"formatVersion":\d+,"fingerprint":"/.test(text) || /^\{.*"the engine":"/.test(text);
  } finally {
    await handle.close();
  }
}

/**
 * What makes the loop go on where it was, and save where it is. Where that cannot be kept, it is told once.
 * @param lengths elements of each trainable weight
 */
export async function openCheckpoint(
  { path, fingerprint }: CheckpointPlace,
  lengths: readonly number[],
  { emit }: Context,
): Promise<Pick<LoopContext, 'resume' | 'onCheckpoint'>> {
  const warn = (message: string) => emit({ type: 'warning', message });
  const resume = await loadCheckpoint(path, { fingerprint, lengths }, warn);
  if (resume) {
    const message = `Going on after epoch ${resume.history.length} of a training that was stopped.`;
    emit({ type: 'notice', message });
  }
  let isKept = true;
  return {
    resume,
    async onCheckpoint(each) {
      if (!isKept) return;
      try {
        await saveCheckpoint(path, fingerprint, each);
      } catch (error) {
        if (!(error instanceof FinetuneError)) throw error;
        isKept = false;
        warn(`If this training is stopped, it begins anew the next time. ${error.message}`);
      }
    },
  };
}

/**
 * Replaces the file at `path` in one step: after a kill there is the old one or the new one.
 * @throws FinetuneError `not-written` where the machine refuses
 */
export async function saveCheckpoint(
  path: string,
  fingerprint: string,
  { weights, optimizer, best, history }: Checkpoint,
): Promise<void> {
  const header: v.InferInput<typeof headerSchema> = {
    ...{ formatVersion, fingerprint, history: [...history] },
    ...{ steps: optimizer.steps, slots: optimizer.slots.length, bestEpoch: best.epoch },
    lengths: weights.map(({ length }) => length),
  };
  makeParent(path);
  await writeAtomically(path, async file => {
    await file.writeFile(`${JSON.stringify(header)}\n`);
    for (const values of [weights, best.weights, ...optimizer.slots].flat()) {
      await file.writeFile(littleEndian(new Uint8Array(values.buffer, values.byteOffset, values.byteLength)));
    }
  });
}

/**
 * Reads a checkpoint back.
 * @param lengths elements of each trainable weight of the model that is to go on
 * @returns undefined where there is none, or none of this training and this model; `warn` hears why
 */
export async function loadCheckpoint(
  path: string,
  expected: { readonly fingerprint: string; readonly lengths: readonly number[] },
  warn: (reason: string) => void,
): Promise<Checkpoint | undefined> {
  try {
    return await readCheckpoint(path, expected);
  } catch (error) {
    warn(`The checkpoint ${path} is not used: ${messageOf(error)}. Training starts from the beginning.`);
    return undefined;
  }
}

async function readCheckpoint(
  path: string,
  { fingerprint, lengths }: { readonly fingerprint: string; readonly lengths: readonly number[] },
): Promise<Checkpoint | undefined> {
  const found = await stat(path).catch(ignoreMissing);
  if (found === undefined) return undefined;
  // The size of one array per weight.
  const groupBytes = 4 * lengths.reduce((sum, length) => sum + length, 0);
  if (found.size > largestHeaderBytes + 10 * groupBytes)
    throw new Error(`it is too large (${found.size} bytes)`);
  const bytes = await readFile(path);
  const end = bytes.indexOf('\n');
  const header = v.parse(headerSchema, JSON.parse(bytes.subarray(0, Math.max(0, end)).toString('utf8')));
  if (header.fingerprint !== fingerprint) throw new Error('it belongs to other data or options');
  const groups = 2 + header.slots;
  if (String(header.lengths) !== String(lengths) || bytes.length !== end + 1 + groups * groupBytes) {
    throw new Error('it does not fit the model');
  }
  const readArrays = arrayReader(bytes.subarray(end + 1), lengths);
  return {
    weights: readArrays(),
    best: { epoch: header.bestEpoch, weights: readArrays() },
    optimizer: { steps: header.steps, slots: Array.from({ length: header.slots }, readArrays) },
    history: header.history,
  };
}

function makeParent(path: string): void {
  const folder = dirname(path);
  try {
    makeFolder(folder);
  } catch (cause) {
    const message = `${folder} cannot be made: ${describeWriteFailure(cause)}. Set FINETUNE_CACHE to another folder.`;
    throw new FinetuneError('not-written', message, { cause });
  }
}

function ignoreMissing(error: unknown): undefined {
  const code = codeOf(error);
  if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
}

/** Each call reads the next group of arrays, one array per weight. */
function arrayReader(bytes: Uint8Array, lengths: readonly number[]): () => Float32Array[] {
  let start = 0;
  return () =>
    lengths.map(length => {
      const end = start + 4 * length;
      // A copy, since floats must start at a multiple of four.
      const part = littleEndian(new Uint8Array(bytes.subarray(start, end)));
      start = end;
      return new Float32Array(part.buffer, part.byteOffset, length);
    });
}

/** The same bytes on nearly every machine, swapped ones on the others. */
function littleEndian(bytes: Uint8Array): Uint8Array {
  return endianness() === 'LE' ? bytes : Buffer.from(bytes).swap32();
}
