// Decides by measurement whether a network runs on bytes: on a few of the user's images, against itself in float.

import { compileGraph } from '../../formats/onnx/compile.js';
import { useWinograd } from '../../formats/onnx/winograd.js';
import type { Network } from '../../network/network.js';
import { overflowsByteSums } from '../../system/processors.js';
import type { SessionOptions } from '../session.js';
import type { Calibration } from './calibration.js';
import { continueWith, type Images, iterate, takeImages } from './images.js';
import { observeImages } from './observations.js';
import { measureSpeed } from './speed.js';
import {
  type Candidate,
  type Fidelity,
  runTrial,
  speedupOf,
  type Trial,
  type TrialRecord,
  type TrialSetting,
} from './trial.js';

export interface PrecisionChoice {
  readonly precision: 'fp32' | 'int8';
  /** With `int8`: what to compile the network with. */
  readonly calibration?: Calibration;
  /** What was tried, in order, with what was measured. */
  readonly trials: readonly TrialRecord[];
  /** The one of them that was taken. */
  readonly taken?: TrialRecord;
}

export interface ChoiceOptions extends SessionOptions {
  /** Take the best trial on bytes even where it is not faster or not faithful enough. */
  readonly force?: boolean;
  /** Images per second in float, where they are known. */
  readonly floatSpeed?: number | undefined;
  /** Stops between two trials. */
  readonly signal?: AbortSignal | undefined;
}

/** Speed does not depend on what is calibrated on: one image to do that, and one to measure on. */
const imagesOfFirstLook = 2;

/** What bytes must bring and keep to be chosen. */
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

/** VGG16 stops at the first; EfficientNet-Lite0 and MobileNetV2 are better off in float where there are few channels. */
const stages: readonly Stage[] = [
  { candidates: [{ range: 'min-max', floatLayers: 0 }], goal: excellent },
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
  { force = false, floatSpeed: knownSpeed, signal, ...options }: ChoiceOptions = {},
): Promise<PrecisionChoice> {
  const graph = compileGraph(network);
  const rest = iterate(images);
  const first = await takeImages(rest, imagesOfFirstLook);
  if (first.length < imagesOfFirstLook) return { precision: 'fp32', trials: [] };
  // As it runs where bytes are not taken.
  const floatSpeed = knownSpeed ?? (await measureSpeed(useWinograd(graph), first[0]!.shape, options));
  const trialOn = async (
    observedImages: Images,
    isGood: TrialSetting['isFaithful'],
  ): Promise<TrialSetting> => ({
    ...(await observeImages(graph, observedImages)),
    ...{ graph, options, isFaithful: isGood, floatSpeed },
  });
  if (!force && overflowsByteSums()) {
    const look = await runTrial(await trialOn(first, always), stages[0]!.candidates[0]!);
    // Slower than floats, as on most processors without instructions for bytes: not worth trials.
    if (speedupOf(look.record) < 1) return { precision: 'fp32', trials: [look.record] };
  }
  const trials = await tryStages(
    await trialOn(continueWith(first, rest), force ? always : isFaithful),
    signal,
  );
  return takeBest(trials, force ? always : isWorthwhile);
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

/** Whether int8 is so much faster that it is taken without being asked for; a trial that is not faithful has no speed. */
export function isWorthwhile({ imagesPerSecond: speeds }: TrialRecord): boolean {
  return speeds !== undefined && speeds.int8 >= requirements.speedup * speeds.fp32;
}

/** The most faithful one of those that are about as fast as the fastest. */
function takeBest(trials: readonly Trial[], accepts: (record: TrialRecord) => boolean): PrecisionChoice {
  const records = trials.map(({ record }) => record);
  const accepted = trials.filter(({ record }) => accepts(record));
  const fastest = Math.max(...accepted.map(({ record }) => speedupOf(record)));
  const taken = accepted
    .filter(({ record }) => speedupOf(record) >= enoughSpeed * fastest)
    .sort((a, b) => b.record.cosineMean - a.record.cosineMean)[0];
  if (taken === undefined) return { precision: 'fp32', trials: records };
  return { precision: 'int8', calibration: taken.calibration, trials: records, taken: taken.record };
}
