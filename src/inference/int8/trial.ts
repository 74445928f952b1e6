// One quantisation of a network, tried: how far its features are from those in float, and how fast it is.

import { z } from 'zod';
import type { OnnxGraph } from '../../formats/onnx/graph.js';
import type { Session, SessionOptions } from '../session.js';
import { withSession } from '../temporary-session.js';
import type { Calibration } from './calibration.js';
import { quantizeGraph } from './compile.js';
import type { Observations, Probe } from './observations.js';
import type { RangeMethod } from './observe.js';
import { timeSession } from './speed.js';

/** A quantisation to try. */
export interface Candidate {
  readonly range: RangeMethod;
  readonly floatLayers: number;
}

/** A trial as plain data, as it lies in run.json and in the cache. */
export const trialSchema = z.object({
  range: z.enum(['min-max', 'percentile']),
  floatLayers: z.int().min(0),
  cosineMean: z.number(),
  cosineMin: z.number(),
  imagesPerSecond: z.object({ fp32: z.number(), int8: z.number() }).optional(),
});

/** Plain data, for run.json and for people. */
export interface TrialRecord extends Candidate, Fidelity {
  /** Images per second of the network alone, in float and on bytes; absent where the features are too far off. */
  readonly imagesPerSecond?: Speeds | undefined;
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
  /** Images per second in float, measured before: both networks at once would need the memory of both. */
  readonly floatSpeed: number;
}

/** Quantises the graph as `candidate` says, and measures it. */
export async function runTrial(setting: TrialSetting, candidate: Candidate): Promise<Trial> {
  const { graph, probes, statistics, options, isFaithful, floatSpeed } = setting;
  const calibration = { floatLayers: candidate.floatLayers, values: statistics(candidate.range) };
  return await withSession(quantizeGraph(graph, calibration).graph, options, async session => {
    const record = { ...candidate, ...(await measureFidelity(session, probes)) };
    if (!isFaithful(record)) return { record, calibration };
    const imagesPerSecond = { fp32: floatSpeed, int8: await timeSession(session, probes[0]!) };
    return { record: { ...record, imagesPerSecond }, calibration };
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
