// In which precision the frozen base runs: as told, or by what was measured for it on this machine and these images.

import { createHash } from 'node:crypto';
import type { Example } from '../data/data-set.js';
import { readImage } from '../data/read-image.js';
import { FinetuneError } from '../errors.js';
import { compileFastGraph, compileGraph } from '../formats/onnx/compile.js';
import type { OnnxGraph } from '../formats/onnx/graph.js';
import { choosePrecision, isWorthwhile } from '../inference/int8/choose.js';
import type { Quantization } from '../inference/int8/quantization.js';
import { renderCalibration } from '../inference/int8/quantization.js';
import { quantizeGraph } from '../inference/int8/rewrite.js';
import { measureSpeed, speedupOf, type TrialRecord } from '../inference/int8/trial.js';
import type { Network } from '../network/network.js';
import { describeProcessors } from '../system/checks.js';
import type { Context } from '../system/context.js';
import { prefetch } from '../system/prefetch.js';
import { countProcessors } from '../system/processors.js';
import { hasTimeFor } from '../system/time-budget.js';
import type { Base } from './base.js';
import {
  findCalibration,
  isBusy,
  type KnownCalibration,
  type PrecisionMemory,
  recall,
  remember,
  stillHolds,
  withCalibration,
} from './precision-memory.js';
import { isBad } from './run-images.js';

/** The precision in which the base computes: fp16 on other devices than the CPU, int8 on the CPU. */
export type PrecisionName = 'fp32' | 'fp16' | 'int8';

/** How the base, and the classifier on top of it, become ONNX. */
export interface Precision {
  readonly name: PrecisionName;
  /** What was measured, in a line. */
  readonly reason: string;
  readonly trials: readonly TrialRecord[];
  /** What features depend on beyond the base: part of their key in the store. */
  readonly fingerprint: string;
  /** A classifier on the base, before it is encoded; its output is float. */
  compile(network: Network): OnnxGraph;
  /** The base alone, whose output may be uint8: exact, and a quarter of the size. */
  compileBase(network: Network): { readonly graph: OnnxGraph; readonly output?: Quantization | undefined };
}

/** What a precision is wanted for. */
export interface PrecisionRequest {
  readonly wanted: 'auto' | 'fp32' | 'int8';
  /** Why it is fp32, where nobody has asked for that. */
  readonly reason?: string | undefined;
  /** Training images, of which a few are calibrated and measured on. */
  readonly train: readonly Example[];
  /** Every image that is to go through the base: for training, validation and test. */
  readonly images: readonly Example[];
  /** How many of `images` the feature store lacks, by the fingerprint of a precision. */
  countMissing(fingerprint: string): number | Promise<number>;
}

/** Images to calibrate and measure on: twice as many give features that are no nearer to those in float. */
const sampleSize = 18;

/**
 * Decides the precision. With `auto`, what was measured before for this base, processor and program counts again
 * (precision-memory.ts says how long), and the images whose features are stored already count for their precision.
 * @throws FinetuneError `bad-data-set` when int8 is asked for and there are too few images to calibrate on
 */
export async function resolvePrecision(
  base: Base,
  request: PrecisionRequest,
  context: Context,
): Promise<Precision> {
  if (request.wanted === 'fp32') return inFloat(request.reason ?? 'as asked for');
  const deciding = { base, request, context, memory: await recall(base) };
  return request.wanted === 'int8' ? resolveInt8(deciding) : resolveAuto(deciding);
}

/** The base in float32. */
export function inFloat(reason: string, trials: readonly TrialRecord[] = []): Precision {
  const compileBase = (network: Network) => ({ graph: compileFastGraph(network) });
  return { name: 'fp32', reason, trials, fingerprint: 'winograd', compile: compileGraph, compileBase };
}

function inInt8({ reason, trials, calibration }: KnownCalibration): Precision {
  // Processors round in different ways (system/processors.ts): what one has stored is not to be mixed with another's.
  const dependsOn = [describeProcessors(), renderCalibration(calibration)];
  return {
    name: 'int8',
    reason,
    trials,
    fingerprint: createHash('sha256').update(JSON.stringify(dependsOn)).digest('hex'),
    compile: network => quantizeGraph(compileGraph(network), calibration).graph,
    compileBase: network => quantizeGraph(compileGraph(network), calibration, 'uint8'),
  };
}

/** A decision under way. */
interface Deciding {
  readonly base: Base;
  readonly request: PrecisionRequest;
  readonly context: Context;
  readonly memory: PrecisionMemory;
}

async function resolveInt8(deciding: Deciding): Promise<Precision> {
  const known = findCalibration(deciding.memory, deciding.request.images);
  if (known !== undefined) return inInt8(known);
  const { precision, images } = await runTrials(deciding, { force: true });
  if (precision.name === 'int8') return precision;
  throw new FinetuneError(
    'bad-data-set',
    `--precision int8 needs at least 2 readable training images to calibrate on; received ${images}.`,
  );
}

async function resolveAuto(deciding: Deciding): Promise<Precision> {
  const { request, memory, context } = deciding;
  const known = findCalibration(memory, request.images, { worthwhile: true });
  const missing = await request.countMissing(inFloat('').fingerprint);
  if (known !== undefined) {
    const int8 = inInt8(known);
    if ((await request.countMissing(int8.fingerprint)) <= missing * known.speedup) return int8;
  }
  if (missing === 0) return inFloat('all features are stored in fp32');
  if (known !== undefined) return inFloat('most features are stored in fp32');
  if (memory.refusal !== undefined && stillHolds(memory.refusal, missing)) {
    return inFloat(memory.refusal.reason, memory.refusal.trials);
  }
  const { floatSpeed, decode } = await measureImage(deciding.base, request.train);
  const work = estimateWork(missing, { base: 1 / floatSpeed, decode, processors: countProcessors() });
  if (!work.isWorthTrials) return inFloat(`${work.description}; int8 would not pay`);
  if (!hasTimeFor('trials of int8', trialRuns / floatSpeed / trialShare, context.budget))
    return inFloat('there was no time to try int8');
  return (await runTrials(deciding, { missing })).precision;
}

/** Seconds of processor time per image, and what there is to spend them. */
interface Effort {
  readonly base: number;
  readonly decode: number;
  readonly processors: number;
}

/** Whether int8 could spare much on so many images, and how long they take: decoding is part of it, but int8 does not shorten it. */
export function estimateWork(
  images: number,
  { base, decode, processors }: Effort,
): { readonly isWorthTrials: boolean; readonly description: string } {
  const seconds = (images * (base + decode)) / processors;
  return {
    isWorthTrials: (images * base) / processors >= worthTryingSeconds,
    description: `${images} images take about ${seconds.toFixed(1)} s, decoding included`,
  };
}

/** What the base takes less time for than this, in seconds, is not worth trials. */
const worthTryingSeconds = 15;

/** Runs of the base on one processor that trials take about as long as, and the share of the time left that they may take. */
const [trialRuns, trialShare] = [200, 0.25];

/** Calibrates and measures on training images, and remembers what came of it. */
async function runTrials(
  { base, request, context, memory }: Deciding,
  { force = false, missing = 0 }: { force?: boolean; missing?: number },
): Promise<{ precision: Precision; images: number }> {
  const sample = sampleOf(request.train);
  const busy = isBusy();
  context.emit({ type: 'precision', images: sample.length });
  const choice = await choosePrecision(base.network, inputsOf(base, sample), {
    ...{ threads: 1, force, signal: context.signal },
  });
  const { calibration, taken, trials } = choice;
  const images = sample.length;
  if (calibration === undefined || taken === undefined) {
    const reason = describeTrial(trials[0]);
    const refusal = { reason, trials, images: missing, measuredAt: Date.now() };
    // On a busy machine times say little: the next training measures again.
    if (!force && !busy) await remember(base, { ...memory, refusal }, context);
    return { precision: inFloat(reason, trials), images };
  }
  const known: KnownCalibration = {
    ...{ calibration, trials, reason: describeTrial(taken) },
    ...{ images: sample.map(({ hash }) => hash), worthwhile: isWorthwhile(taken), speedup: speedupOf(taken) },
  };
  await remember(base, withCalibration(memory, known), context);
  return { precision: inInt8(known), images };
}

function describeTrial(trial: TrialRecord | undefined): string {
  if (trial === undefined) return 'too few images to measure on';
  const { cosineMean, cosineMin, imagesPerSecond: speeds } = trial;
  const faithful = `cosine of the features ${cosineMean.toFixed(4)}, lowest ${cosineMin.toFixed(4)}`;
  if (speeds === undefined) return `int8 changes the features too much (${faithful})`;
  return `${(speeds.int8 / speeds.fp32).toFixed(2)} times as fast in int8 as in fp32 (${faithful})`;
}

/** The images of lowest hash: a sample that hardly changes when others are added. */
export function sampleOf(images: readonly Example[]): readonly Example[] {
  return images.toSorted((a, b) => (a.hash < b.hash ? -1 : 1)).slice(0, sampleSize);
}

/** Preprocessed images; those that cannot be decoded are left out. */
async function* inputsOf({ rules }: Base, images: readonly Example[]) {
  for await (const input of prefetch(images, ({ file }) => readImage(file, rules), { count: 1 })) {
    if (!isBad(input)) yield input;
  }
}

/** Seconds that an image takes from its file to its features, on all processors in float; measured in less than a second. */
export async function estimateRow(base: Base, images: readonly Example[]): Promise<number> {
  const { floatSpeed, decode } = await measureImage(base, images);
  return (1 / floatSpeed + decode) / countProcessors();
}

/** Both at once, in half the time where there are two processors: good enough to plan by, not to compare speeds. */
async function measureImage(
  base: Base,
  images: readonly Example[],
): Promise<{ readonly floatSpeed: number; readonly decode: number }> {
  const [floatSpeed, decode] = await Promise.all([measureFloat(base), measureDecoding(base, images)]);
  return { floatSpeed, decode };
}

/** Images per second and processor of the base in float. */
function measureFloat({ network, size, rules }: Base): Promise<number> {
  return measureSpeed(compileFastGraph(network), [1, ...size, rules.channels], { threads: 1 });
}

/** Seconds to read, decode and preprocess an image on one processor. The first one is not timed: it loads the decoder. */
export async function measureDecoding({ rules }: Base, images: readonly Example[]): Promise<number> {
  const [first, ...timed] = sampleOf(images).slice(0, timedImages + 1);
  if (first === undefined) return 0;
  const decode = ({ file }: Example) => readImage(file, rules);
  await decode(first);
  const started = performance.now();
  for (const image of timed) await decode(image);
  return timed.length === 0 ? 0 : (performance.now() - started) / 1000 / timed.length;
}

/** Images that decoding is timed on. */
const timedImages = 3;
