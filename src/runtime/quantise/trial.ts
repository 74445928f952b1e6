// One quantisation of a network, tried: how far its features are from those in float, and how fast it is.

import { performance } from 'node:perf_hooks';
import { type ImageInput, joinImages } from '../image-input.js';
import type { OnnxGraph } from '../onnx/graph.js';
import { type Session, type SessionOptions, withSession } from '../session.js';
import type { Calibration } from './calibration.js';
import { quantizeGraph } from './compile.js';
import type { Observations, Probe } from './observations.js';
import type { RangeMethod } from './observe.js';

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

/** What was measured, and with what to quantise the same way again. */
export interface Trial {
  readonly record: TrialRecord;
  readonly calibration: Calibration;
}

export interface TrialSetting extends Observations {
  readonly graph: OnnxGraph;
  readonly options: SessionOptions;
  readonly isFaithful: (fidelity: Fidelity) => boolean;
  /** Of a session on bytes that has run before, and of the network in float. */
  readonly measureSpeeds: (session: Session) => Promise<Speeds>;
}

/** Images that are timed together: more of them need more memory and tell no more. */
const timedImages = 2;

/** Timing ends after this many rounds, or after this time, but for two rounds at least. */
const mostRounds = 10;
const timingBudgetMs = 500;

/** Quantises the graph as `candidate` says, and measures it. */
export async function runTrial(setting: TrialSetting, candidate: Candidate): Promise<Trial> {
  const { graph, probes, statistics, options, isFaithful, measureSpeeds } = setting;
  const calibration = { floatLayers: candidate.floatLayers, values: statistics(candidate.range) };
  return await withSession(quantizeGraph(graph, calibration).graph, options, async session => {
    const record = { ...candidate, ...(await measureFidelity(session, probes)) };
    if (!isFaithful(record)) return { record, calibration };
    return { record: { ...record, imagesPerSecond: await measureSpeeds(session) }, calibration };
  });
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
export async function compareSpeeds(
  float: Session,
  session: Session,
  probes: readonly Probe[],
): Promise<Speeds> {
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

/** In milliseconds. */
export async function timeRun(session: Session, { input, shape }: ImageInput): Promise<number> {
  const start = performance.now();
  await session.run(input, shape);
  return performance.now() - start;
}
