// Decides by measurement whether a network computes in int8: on a few of the user's images, against itself in float.

import { compileGraph } from '../../formats/onnx/compile.js';
import { useWinograd } from '../../formats/onnx/winograd.js';
import type { Network } from '../../network/network.js';
import { overflowsByteSums } from '../../system/processors.js';
import type { ImageBatch, SessionOptions } from '../session.js';
import { type Images, observeImages } from './observe.js';
import type { Calibration } from './quantization.js';
import {
  type Candidate,
  type Fidelity,
  measureSpeed,
  runTrial,
  speedupOf,
  type Trial,
  type TrialRecord,
  type TrialSetting,
} from './trial.js';

/** What trials came to. */
export interface PrecisionChoice {
  readonly precision: 'fp32' | 'int8';
  /** With `int8`: what to compile the network with. */
  readonly calibration?: Calibration;
  /** What was tried, in order, with what was measured. */
  readonly trials: readonly TrialRecord[];
  /** The one of them that was taken. */
  readonly taken?: TrialRecord;
}

/** How to choose. */
export interface ChoiceOptions extends SessionOptions {
  /** Take the best trial even where it is not faster or not faithful enough. */
  readonly force?: boolean;
  /** Stops between two images and between two trials. */
  readonly signal?: AbortSignal | undefined;
}

/** What int8 must bring and keep to be chosen. */
export const requirements = { speedup: 1.3, cosineMean: 0.995, cosineMin: 0.98 } as const;

/** Features so good that nothing further is tried. */
const excellent = { cosineMean: 0.999, cosineMin: 0.995 } as const;

/** A more faithful trial is preferred to a faster one as long as it has this part of its speed. */
const enoughSpeed = 0.9;

interface Stage {
  readonly candidates: readonly Candidate[];
  /** Features that make further stages needless. */
  readonly goal: Fidelity;
}

const plainCandidate: Candidate = { range: 'min-max', floatLayers: 0 };

/** VGG16 stops at the first; EfficientNet-Lite0 and MobileNetV2 are better off in float where there are few channels. */
const stages: readonly Stage[] = [
  { candidates: [plainCandidate], goal: excellent },
  {
    candidates: [
      { range: 'min-max', floatLayers: 3 },
      { range: 'percentile', floatLayers: 3 },
    ],
    goal: requirements,
  },
  { candidates: [{ range: 'min-max', floatLayers: 9 }], goal: requirements },
];

/**
 * Calibrates on `images`, measures, and chooses; 18 images are plenty. With fewer than two the network stays in float.
 * @throws FinetuneError `unsupported-layer` | `bad-model` | `bad-weights`
 */
export async function choosePrecision(
  network: Network,
  images: Images,
  { force = false, signal, ...options }: ChoiceOptions = {},
): Promise<PrecisionChoice> {
  const graph = compileGraph(network);
  const iterator = iterate(images);
  const { value: first } = await iterator.next();
  const { value: second } = await iterator.next();
  if (first === undefined || second === undefined) return { precision: 'fp32', trials: [] };
  // As it runs where int8 is not taken.
  const floatSpeed = await measureSpeed(useWinograd(graph), first.shape, options);
  const settingOn = async (observed: Images, isGood: TrialSetting['isFaithful']): Promise<TrialSetting> => ({
    ...(await observeImages(graph, observed, signal)),
    ...{ graph, options, isFaithful: isGood, floatSpeed },
  });
  if (!force && overflowsByteSums()) {
    // Speed does not depend on what is calibrated on: one image to do that, and one to measure on.
    const { record } = await runTrial(await settingOn([first, second], always), plainCandidate);
    // Slower than float, as on most processors without instructions for bytes: not worth further trials.
    if (speedupOf(record) < 1) return { precision: 'fp32', trials: [record] };
  }
  const all = chain([first, second], iterator);
  const trials = await tryStages(await settingOn(all, force ? always : isFaithful), signal);
  return takeBest(trials, force ? always : isWorthwhile);
}

async function* iterate(images: Images): AsyncGenerator<ImageBatch, undefined> {
  yield* images;
  return undefined;
}

async function* chain(taken: readonly ImageBatch[], rest: Images): AsyncGenerator<ImageBatch> {
  yield* taken;
  yield* rest;
}

const always = () => true;

async function tryStages(setting: TrialSetting, signal: AbortSignal | undefined): Promise<Trial[]> {
  const trials: Trial[] = [];
  for (const { candidates, goal } of stages) {
    for (const candidate of candidates) {
      signal?.throwIfAborted();
      trials.push(await runTrial(setting, candidate));
    }
    if (trials.some(({ record }) => isWorthwhile(record) && reaches(record, goal))) break;
  }
  return trials;
}

function isFaithful(fidelity: Fidelity): boolean {
  return reaches(fidelity, requirements);
}

function reaches({ cosineMean, cosineMin }: Fidelity, wanted: Fidelity): boolean {
  return cosineMean >= wanted.cosineMean && cosineMin >= wanted.cosineMin;
}

/** Whether int8 is so faithful, and so much faster, that it is taken without being asked for. */
export function isWorthwhile(record: TrialRecord): boolean {
  return isFaithful(record) && speedupOf(record) >= requirements.speedup;
}

/** The most faithful one of those that are about as fast as the fastest. */
function takeBest(trials: readonly Trial[], accepts: (record: TrialRecord) => boolean): PrecisionChoice {
  const records = trials.map(({ record }) => record);
  const accepted = trials.filter(({ record }) => accepts(record));
  const fastest = Math.max(...accepted.map(({ record }) => speedupOf(record)));
  const [taken] = accepted
    .filter(({ record }) => speedupOf(record) >= enoughSpeed * fastest)
    .sort((a, b) => b.record.cosineMean - a.record.cosineMean);
  if (taken === undefined) return { precision: 'fp32', trials: records };
  return { precision: 'int8', calibration: taken.calibration, trials: records, taken: taken.record };
}
