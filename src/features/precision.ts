// In which precision the frozen base runs: measured on a few of the user's images, remembered for the next run.

import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { ImageFile } from '../data/data-set.js';
import { FinetuneError, messageOf } from '../errors.js';
import type { EmitEvent } from '../events.js';
import { compileFastGraph, compileGraph, compileOnnx } from '../formats/onnx/compile.js';
import type { OnnxGraph } from '../formats/onnx/graph.js';
import { type Calibration, parseCalibration, renderCalibration } from '../inference/int8/calibration.js';
import { choosePrecision } from '../inference/int8/choose.js';
import { compileQuantized, quantizeGraph } from '../inference/int8/compile.js';
import type { Quantization } from '../inference/int8/quantization.js';
import { measureSpeed } from '../inference/int8/speed.js';
import type { TrialRecord } from '../inference/int8/trial.js';
import type { Network } from '../network/network.js';
import { writeAtomically } from '../system/atomic-write.js';
import { cacheDirectory } from '../system/cache-directory.js';
import { countProcessors } from '../system/processors.js';
import type { Base } from './base.js';
import { readInputs } from './read-inputs.js';

/** How the base, and the classifier on top of it, become ONNX. */
export interface Precision {
  readonly name: 'fp32' | 'int8';
  /** What was measured, in a line. */
  readonly reason: string;
  readonly trials: readonly TrialRecord[];
  /** Hash of what the features depend on beyond the base. */
  readonly fingerprint: string;
  /** A classifier on the base; it answers in float. */
  compile(network: Network): Uint8Array;
  /** The base alone, which may answer in bytes: exact, and a quarter of the size. */
  compileBase(network: Network): { readonly graph: OnnxGraph; readonly output?: Quantization | undefined };
}

export interface PrecisionRequest {
  readonly wanted: 'auto' | 'fp32' | 'int8';
  /** The data folder that image paths are relative to. */
  readonly root: string;
  /** Training images, of which a few are calibrated and measured on. */
  readonly images: readonly ImageFile[];
  readonly emit: EmitEvent;
}

/** Images to calibrate and measure on: twice as many give features that are no nearer to those in float. */
const sampleSize = 18;

/** A data set that the base is through with in less time than this is not worth the trials. */
const worthTryingSeconds = 15;

/**
 * Decides the precision: as told, as remembered for this base and data folder, or by measurement.
 * @throws FinetuneError `bad-data-set` when int8 is asked for and there are too few images to calibrate on
 */
export async function resolvePrecision(base: Base, request: PrecisionRequest): Promise<Precision> {
  if (request.wanted === 'fp32') return inFloat('as asked for', []);
  const path = rememberedAt(base, request);
  const remembered = await readRemembered(path);
  if (remembered !== undefined) return remembered;
  const sample = sampleOf(request.images);
  const floatSpeed = request.wanted === 'auto' ? await measureFloat(base) : undefined;
  if (floatSpeed !== undefined) {
    const seconds = request.images.length / floatSpeed / countProcessors();
    if (seconds < worthTryingSeconds) {
      const reason = `about ${seconds.toFixed(1)} s for all images: not worth trials`;
      return await remember(path, inFloat(reason, []), request.emit);
    }
  }
  request.emit({ type: 'precision', images: sample.length });
  const force = request.wanted === 'int8';
  const choice = await choosePrecision(base.network, inputsOf(base, request.root, sample), {
    threads: 1,
    force,
    floatSpeed,
  });
  if (force && choice.calibration === undefined) {
    throw new FinetuneError(
      'bad-data-set',
      `--precision int8 needs at least 2 readable training images to calibrate on; received ${sample.length}.`,
    );
  }
  const precision = choice.calibration
    ? inBytes(describe(choice.taken), choice.trials, choice.calibration)
    : inFloat(describe(choice.trials[0]), choice.trials);
  return await remember(path, precision, request.emit, choice.calibration);
}

/** The base in float32. */
export function inFloat(reason: string, trials: readonly TrialRecord[]): Precision {
  const compileBase = (network: Network) => ({ graph: compileFastGraph(network) });
  return { name: 'fp32', reason, trials, fingerprint: 'winograd', compile: compileOnnx, compileBase };
}

function inBytes(reason: string, trials: readonly TrialRecord[], calibration: Calibration): Precision {
  return {
    name: 'int8',
    reason,
    trials,
    fingerprint: createHash('sha256').update(renderCalibration(calibration)).digest('hex'),
    compile: network => compileQuantized(network, calibration),
    compileBase: network => quantizeGraph(compileGraph(network), calibration, 'uint8'),
  };
}

function describe(trial: TrialRecord | undefined): string {
  if (trial === undefined) return 'too few images to measure on';
  const { cosineMean, cosineMin, imagesPerSecond: speeds } = trial;
  const faithful = `features at cosine ${cosineMean.toFixed(4)} (lowest ${cosineMin.toFixed(4)})`;
  if (speeds === undefined) return `int8 is not faithful enough: ${faithful}`;
  return `int8 ${(speeds.int8 / speeds.fp32).toFixed(2)} times as fast as fp32, ${faithful}`;
}

/** The images of lowest hash: a sample that hardly changes when others are added. */
function sampleOf(images: readonly ImageFile[]): readonly ImageFile[] {
  return [...images].sort((a, b) => (a.hash < b.hash ? -1 : 1)).slice(0, sampleSize);
}

/** Preprocessed images; those that cannot be decoded are left out. */
async function* inputsOf({ rules }: Base, root: string, images: readonly ImageFile[]) {
  for await (const input of readInputs(images, root, rules)) if (input !== undefined) yield input;
}

/** Images per second and processor in float. */
function measureFloat({ network, size }: Base): Promise<number> {
  return measureSpeed(compileFastGraph(network), [1, ...size, 3], { threads: 1 });
}

/** One decision per base and data folder: the features of a growing data set stay comparable, and stored. */
function rememberedAt(base: Base, { root, wanted }: PrecisionRequest): string {
  const key = JSON.stringify([base.fingerprint, base.preprocessingHash, resolve(root), wanted]);
  const name = createHash('sha256').update(key).digest('hex');
  return join(cacheDirectory(), 'precision-v1', `${name}.json`);
}

async function readRemembered(path: string): Promise<Precision | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const { reason, trials, calibration } = JSON.parse(text);
    return calibration ? inBytes(reason, trials, parseCalibration(calibration)) : inFloat(reason, trials);
  } catch {
    // Damaged, or of another version: it is measured again.
    return undefined;
  }
}

/** It only saves time: what cannot be written is measured again. */
async function remember(
  path: string,
  precision: Precision,
  emit: EmitEvent,
  calibration?: Calibration,
): Promise<Precision> {
  const { reason, trials } = precision;
  const text = JSON.stringify({ reason, trials, calibration: calibration && renderCalibration(calibration) });
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeAtomically(path, text);
  } catch (error) {
    const message =
      `The chosen precision is not remembered, so the next training chooses again: ${messageOf(error)}. ` +
      'Expected a cache directory that can be written: mend that, or set FINETUNE_CACHE to another.';
    emit({ type: 'warning', message });
  }
  return precision;
}
