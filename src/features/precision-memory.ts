// What was measured about int8, per base, processor and version of this program, and how long it counts.
// A calibration belongs to the images that it was made from: it serves every data set that holds half of them, so that
// a data set that grows keeps it, and with it the features in the store. That int8 does not pay is forgotten after a week.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import type { Example } from '../data/data-set.js';
import { messageOf } from '../errors.js';
import { type Calibration, parseCalibration, renderCalibration } from '../inference/int8/quantization.js';
import { type TrialRecord, trialSchema } from '../inference/int8/trial.js';
import { writeAtomically } from '../system/atomic-write.js';
import { cacheDirectory } from '../system/cache-directory.js';
import { describeProcessors } from '../system/checks.js';
import type { Context } from '../system/context.js';
import { makeFolder } from '../system/make-folder.js';
import { versions } from '../system/versions.js';
import type { Base } from './base.js';

/** What trials came to, in a line and in figures. */
interface Measured {
  readonly reason: string;
  readonly trials: readonly TrialRecord[];
}

/** A quantization that was tried and taken. */
export interface KnownCalibration extends Measured {
  readonly calibration: Calibration;
  /** Hashes of the images that it was made from. */
  readonly images: readonly string[];
  /** Whether it would have been taken without being asked for. */
  readonly worthwhile: boolean;
  /** How many times as fast as fp32. */
  readonly speedup: number;
}

/** Trials after which the base stayed in float. */
export interface Refusal extends Measured {
  /** How many images were to go through the base. */
  readonly images: number;
  /** Milliseconds since 1970. */
  readonly measuredAt: number;
}

/** All that is remembered of a base. */
export interface PrecisionMemory {
  /** The newest first. */
  readonly calibrations: readonly KnownCalibration[];
  readonly refusal?: Refusal | undefined;
}

/** Data sets whose calibration is kept, per base. */
const mostCalibrations = 4;

/** A week: by then another driver, another load, another cooling may have come. */
const refusalHoldsFor = 7 * 24 * 3600 * 1000;

/** The part of the images of a calibration that a data set has to hold. */
const enoughShared = 0.5;

/** The calibration that was made from images of this data set. */
export function findCalibration(
  { calibrations }: PrecisionMemory,
  images: readonly Pick<Example, 'hash'>[],
  { worthwhile = false }: { readonly worthwhile?: boolean } = {},
): KnownCalibration | undefined {
  const hashes = new Set(images.map(({ hash }) => hash));
  return calibrations.find(known => {
    const shared = known.images.filter(hash => hashes.has(hash)).length;
    return shared >= known.images.length * enoughShared && (known.worthwhile || !worthwhile);
  });
}

/** Whether a refusal counts for so many images now: for a week, and for less than ten times the work. */
export function stillHolds({ images, measuredAt }: Refusal, missing: number, now = Date.now()): boolean {
  return now - measuredAt < refusalHoldsFor && missing < 10 * images;
}

/** Puts a calibration in front of the others, in place of one that was made from the same images. */
export function withCalibration(memory: PrecisionMemory, known: KnownCalibration): PrecisionMemory {
  const others = memory.calibrations.filter(({ images }) => images.join() !== known.images.join());
  return { ...memory, calibrations: [known, ...others].slice(0, mostCalibrations) };
}

/** Whether others keep half of the machine's processors at work, so that times say little. Windows does not say. */
export function isBusy(): boolean {
  const [lastMinute = 0] = loadavg();
  return lastMinute > cpus().length / 2;
}

const measured = { reason: v.string(), trials: v.array(trialSchema) };

const schema = v.object({
  calibrations: v.array(
    v.object({
      ...measured,
      calibration: v.pipe(v.string(), v.transform(parseCalibration)),
      images: v.pipe(v.array(v.string()), v.nonEmpty()),
      worthwhile: v.boolean(),
      speedup: v.pipe(v.number(), v.gtValue(0), v.finite()),
    }),
  ),
  refusal: v.optional(v.object({ ...measured, images: v.number(), measuredAt: v.number() })),
});

/** What is remembered of a base; nothing where the file is damaged, so that it is measured again. */
export async function recall(base: Base): Promise<PrecisionMemory> {
  try {
    return v.parse(schema, JSON.parse(await readFile(pathOf(base), 'utf8')));
  } catch {
    return { calibrations: [] };
  }
}

/** It only saves time: what cannot be written is told of, and measured again. */
export async function remember(base: Base, memory: PrecisionMemory, { emit }: Context): Promise<void> {
  const path = pathOf(base);
  const calibrations = memory.calibrations.map(known => ({
    ...known,
    calibration: renderCalibration(known.calibration),
  }));
  try {
    makeFolder(dirname(path));
    await writeAtomically(path, JSON.stringify({ ...memory, calibrations }));
  } catch (error) {
    const message =
      `The chosen precision is not remembered, so the next training chooses again: ${messageOf(error)}. ` +
      'Expected a cache directory that can be written: mend that, or set FINETUNE_CACHE to another.';
    emit({ type: 'warning', message });
  }
}

/** Earlier versions of this program kept theirs in `precision-v1`, by the path of the data folder. */
function pathOf(base: Pick<Base, 'fingerprint' | 'preprocessingHash'>): string {
  const { finetune, 'onnxruntime-node': runtime } = versions();
  const key = [base.fingerprint, base.preprocessingHash, describeProcessors(), finetune, runtime];
  const name = createHash('sha256').update(JSON.stringify(key)).digest('hex');
  return join(cacheDirectory(), 'precision-v2', `${name}.json`);
}
