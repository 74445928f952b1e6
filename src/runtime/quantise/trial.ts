// One quantisation of a network, tried: how far its features are from those in float, and how fast it is.

import { performance } from 'node:perf_hooks';
import type { OnnxGraph } from '../onnx/graph.js';
import { openSession, type Session, type SessionOptions } from '../session.js';
import type { Calibration } from './calibration.js';
import { quantizeGraph } from './compile.js';
import type { ImageInput, RangeMethod } from './observe.js';

/** A quantisation to try. */
export interface Candidate {
  readonly range: RangeMethod;
  readonly floatLayers: number;
}

/** Plain data, for run.json and for people. */
export interface TrialRecord extends Candidate, Fidelity {
  /** Images per second of the network alone, in float and on bytes; absent where the features are too far off. */
  readonly imagesPerSecond?: Speeds;
}

/** How many times as fast as in float; 0 where it was not measured. */
export function speedupOf({ imagesPerSecond: speeds }: TrialRecord): number {
  return speeds === undefined ? 0 : speeds.int8 / speeds.fp32;
}

/** An image that calibration has not seen, with its features in float. */
export interface Probe extends ImageInput {
  readonly features: Float32Array;
}

export interface Fidelity {
  /** Cosine of the features with those in float, over the probes. */
  readonly cosineMean: number;
  readonly cosineMin: number;
}

export interface Speeds {
  /** Images per second, the network alone. */
  readonly fp32: number;
  readonly int8: number;
}

export interface Trial {
  readonly fidelity: Fidelity;
  /** Not measured where the features are too far off. */
  readonly speeds?: Speeds;
}

export interface TrialSetting {
  readonly graph: OnnxGraph;
  readonly probes: readonly Probe[];
  /** The network in float. */
  readonly float: Session;
  readonly options: SessionOptions;
  readonly isFaithful: (fidelity: Fidelity) => boolean;
}

/** Images that are timed together: more of them need more memory and tell no more. */
const timedImages = 2;

/** Timing ends after this many rounds, or after this time, but for two rounds at least. */
const mostRounds = 10;
const timingBudgetMs = 500;

/** Quantises a graph with `calibration` and measures it. */
export async function runTrial(setting: TrialSetting, calibration: Calibration): Promise<Trial> {
  const { model } = quantizeGraph(setting.graph, calibration);
  const session = await openSession(model, setting.options);
  try {
    const fidelity = await measureFidelity(session, setting.probes);
    if (!setting.isFaithful(fidelity)) return { fidelity };
    return { fidelity, speeds: await measureSpeeds(setting, session) };
  } finally {
    await session.release();
  }
}

async function measureFidelity(session: Session, probes: readonly Probe[]): Promise<Fidelity> {
  const cosines: number[] = [];
  for (const { input, shape, features } of probes) {
    const { data } = await session.run(input, shape);
    cosines.push(cosineOf(data, features));
  }
  const sum = cosines.reduce((total, cosine) => total + cosine, 0);
  return { cosineMean: sum / cosines.length, cosineMin: Math.min(...cosines) };
}

/** 1 for the same direction; two vectors of zeros are the same, too. */
function cosineOf(left: Float32Array, right: Float32Array): number {
  let [product, leftSquare, rightSquare] = [0, 0, 0];
  for (let i = 0; i < left.length; i++) {
    product += left[i]! * right[i]!;
    leftSquare += left[i]! ** 2;
    rightSquare += right[i]! ** 2;
  }
  const norms = Math.sqrt(leftSquare * rightSquare);
  if (norms === 0) return leftSquare === rightSquare ? 1 : 0;
  return product / norms;
}

/** Both networks in turn, so that a busy machine slows both; the fastest run counts, as disturbances only slow down. */
async function measureSpeeds({ float, probes }: TrialSetting, session: Session): Promise<Speeds> {
  const batch = joinImages(probes.slice(0, timedImages));
  await float.run(batch.input, batch.shape);
  await session.run(batch.input, batch.shape);
  const end = performance.now() + timingBudgetMs;
  let [fp32, int8] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < mostRounds && (round < 2 || performance.now() < end); round++) {
    fp32 = Math.min(fp32, await timeRun(float, batch));
    int8 = Math.min(int8, await timeRun(session, batch));
  }
  const count = batch.shape[0];
  return { fp32: (1000 * count) / fp32, int8: (1000 * count) / int8 };
}

function joinImages(images: readonly ImageInput[]): ImageInput {
  const [, ...size] = images[0]!.shape;
  const length = images[0]!.input.length;
  const input = new Float32Array(images.length * length);
  for (const [i, image] of images.entries()) input.set(image.input, i * length);
  return { input, shape: [images.length, ...size] };
}

async function timeRun(session: Session, { input, shape }: ImageInput): Promise<number> {
  const start = performance.now();
  await session.run(input, shape);
  return performance.now() - start;
}
