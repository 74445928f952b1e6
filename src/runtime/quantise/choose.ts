// Decides by measurement whether a network runs on bytes: on a few of the user's images, against itself in float.

import type { Network } from '../../types.js';
import { compileGraph } from '../onnx/compile.js';
import { encodeModel } from '../onnx/encode.js';
import type { OnnxGraph } from '../onnx/graph.js';
import { openSession, type SessionOptions } from '../session.js';
import type { Calibration } from './calibration.js';
import { type ImageInput, openObserver, type RangeMethod } from './observe.js';
import { type Fidelity, type Probe, runTrial, type Speeds, type TrialSetting } from './trial.js';

export interface PrecisionChoice {
  readonly precision: 'fp32' | 'int8';
  /** With `int8`: what to compile the network with. */
  readonly calibration?: Calibration;
  /** What was tried, in order, with what was measured. */
  readonly trials: readonly TrialRecord[];
  /** The one of them that was taken. */
  readonly taken?: TrialRecord;
}

/** Plain data, for run.json and for people. */
export interface TrialRecord extends Fidelity {
  readonly range: RangeMethod;
  readonly floatLayers: number;
  /** Images per second of the network alone, in float and on bytes; absent where the features are too far off. */
  readonly imagesPerSecond?: Speeds;
}

export interface ChoiceOptions extends SessionOptions {
  /** Take the best trial on bytes even where it is not faster or not faithful enough. */
  readonly force?: boolean;
}

/** What bytes must bring and keep to be chosen. */
export const requirements = { speedup: 1.3, cosineMean: 0.995, cosineMin: 0.98 } as const;

/** Features so good that nothing further is tried. */
const excellent = { cosineMean: 0.999, cosineMin: 0.995 } as const;

/** A more faithful trial is preferred to a faster one as long as it has this part of its speed. */
const enoughSpeed = 0.9;

interface Stage {
  readonly candidates: readonly { readonly range: RangeMethod; readonly floatLayers: number }[];
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

/** One image in four is not calibrated on but measured on, up to this many. */
const mostProbes = 8;

/**
 * Calibrates on `images`, measures, and chooses; 32 images are plenty. With fewer than two the network stays in float.
 * @throws FinetuneError `unsupported-layer` | `bad-model` | `bad-weights`
 */
export async function choosePrecision(
  network: Network,
  images: AsyncIterable<ImageInput> | Iterable<ImageInput>,
  options: ChoiceOptions = {},
): Promise<PrecisionChoice> {
  const graph = compileGraph(network);
  const { probes, calibrated, statistics } = await observeImages(graph, images);
  if (probes.length === 0 || calibrated === 0) return { precision: 'fp32', trials: [] };
  const float = await openSession(encodeModel(graph), options);
  try {
    const accepts = options.force ? () => true : isWorthwhile;
    const setting = { graph, probes, float, options, isFaithful: options.force ? () => true : isFaithful };
    return takeBest(await tryStages(statistics, setting), accepts);
  } finally {
    await float.release();
  }
}

type Statistics = (method: RangeMethod) => Calibration['values'];

interface Observations {
  readonly probes: readonly Probe[];
  /** How many images the statistics are made of. */
  readonly calibrated: number;
  readonly statistics: Statistics;
}

/** Two sessions at once would need twice the memory: this one is gone when the trials begin. */
async function observeImages(
  graph: OnnxGraph,
  images: AsyncIterable<ImageInput> | Iterable<ImageInput>,
): Promise<Observations> {
  const observer = await openObserver(graph);
  const probes: Probe[] = [];
  let seen = 0;
  try {
    for await (const image of images) {
      const isProbe = seen % 4 === 0 && probes.length < mostProbes;
      const features = await observer.run(image, !isProbe);
      if (isProbe) probes.push({ ...image, features: features.slice() });
      seen += 1;
    }
  } finally {
    await observer.release();
  }
  return { probes, calibrated: seen - probes.length, statistics: method => observer.statistics(method) };
}

type Trials = ReadonlyMap<TrialRecord, Calibration>;

async function tryStages(statistics: Statistics, setting: TrialSetting): Promise<Trials> {
  const trials = new Map<TrialRecord, Calibration>();
  for (const { candidates, goal } of stages) {
    for (const candidate of candidates) {
      const calibration = { floatLayers: candidate.floatLayers, values: statistics(candidate.range) };
      const { fidelity, speeds } = await runTrial(setting, calibration);
      trials.set({ ...candidate, ...fidelity, ...(speeds && { imagesPerSecond: speeds }) }, calibration);
    }
    if ([...trials.keys()].some(record => isWorthwhile(record) && reaches(record, goal))) break;
  }
  return trials;
}

function isFaithful(fidelity: Fidelity): boolean {
  return reaches(fidelity, requirements);
}

function reaches({ cosineMean, cosineMin }: Fidelity, wanted: Fidelity): boolean {
  return cosineMean >= wanted.cosineMean && cosineMin >= wanted.cosineMin;
}

function isWorthwhile({ imagesPerSecond: speeds }: TrialRecord): boolean {
  return speeds !== undefined && speeds.int8 >= requirements.speedup * speeds.fp32;
}

/** The most faithful one of those that are about as fast as the fastest. */
function takeBest(trials: Trials, accepts: (record: TrialRecord) => boolean): PrecisionChoice {
  const records = [...trials.keys()];
  const accepted = records.filter(accepts);
  const fastest = Math.max(...accepted.map(speedupOf));
  const taken = accepted
    .filter(record => speedupOf(record) >= enoughSpeed * fastest)
    .sort((a, b) => b.cosineMean - a.cosineMean)[0];
  if (taken === undefined) return { precision: 'fp32', trials: records };
  return { precision: 'int8', calibration: trials.get(taken)!, trials: records, taken };
}

function speedupOf({ imagesPerSecond: speeds }: TrialRecord): number {
  return speeds === undefined ? 0 : speeds.int8 / speeds.fp32;
}
