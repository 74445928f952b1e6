// One quantization of a network, tried: how far its features are from those in float, and how fast it is.

import * as v from 'valibot';
import type { OnnxGraph } from '../../formats/onnx/graph.js';
import { cosineOf } from '../cosine.js';
import type { ImageBatch, ImageBatchShape, Session, SessionOptions } from '../session.js';
import { withSession } from '../temporary-model.js';
import type { Probe, RangeMethod } from './observe.js';
import type { Calibration } from './quantization.js';
import { quantizeGraph } from './rewrite.js';

/** A quantization to try. */
export interface Candidate {
  readonly range: RangeMethod;
  readonly floatLayers: number;
}

/** Cosine of the features with those in float, over the probes. */
export interface Fidelity {
  readonly cosineMean: number;
  readonly cosineMin: number;
}

/** A trial as plain data, as it lies in run.json and in the cache. */
export const trialSchema = v.object({
  range: v.picklist(['min-max', 'percentile']),
  floatLayers: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  cosineMean: v.number(),
  cosineMin: v.number(),
  /** Images per second of the network alone; absent where the features are too far off. */
  imagesPerSecond: v.optional(v.object({ fp32: v.number(), int8: v.number() })),
});

/** A trial as plain data. */
export type TrialRecord = Readonly<v.InferOutput<typeof trialSchema>>;

/** How many times as fast as in float; 0 where it was not measured. */
export function speedupOf({ imagesPerSecond: speeds }: TrialRecord): number {
  return speeds === undefined ? 0 : speeds.int8 / speeds.fp32;
}

/** What was measured, and with what to quantize the same way again. */
export interface Trial {
  readonly record: TrialRecord;
  readonly calibration: Calibration;
}

/** What all trials of a network have in common. */
export interface TrialSetting {
  readonly graph: OnnxGraph;
  readonly probes: readonly Probe[];
  readonly statistics: (method: RangeMethod) => Calibration['values'];
  readonly options: SessionOptions;
  /** Whether features are so near to those in float that speed matters. */
  readonly isFaithful: (fidelity: Fidelity) => boolean;
  /** Images per second in float, measured before: both networks at once would need the memory of both. */
  readonly floatSpeed: number;
}

/** Quantizes the graph as `candidate` says, and measures it. */
export async function runTrial(setting: TrialSetting, candidate: Candidate): Promise<Trial> {
  const { graph, probes, statistics, options, isFaithful, floatSpeed } = setting;
  const calibration = { floatLayers: candidate.floatLayers, values: statistics(candidate.range) };
  return withSession(quantizeGraph(graph, calibration).graph, options, async session => {
    const record = { ...candidate, ...(await measureFidelity(session, probes)) };
    const [probe] = probes;
    if (probe === undefined || !isFaithful(record)) return { record, calibration };
    const imagesPerSecond = { fp32: floatSpeed, int8: await timeSession(session, probe) };
    return { record: { ...record, imagesPerSecond }, calibration };
  });
}

async function measureFidelity(session: Session, probes: readonly Probe[]): Promise<Fidelity> {
  const cosines: number[] = [];
  for (const { input, shape, features } of probes) {
    cosines.push(cosineOf((await session.run(input, shape)).data, features));
  }
  const sum = cosines.reduce((total, cosine) => total + cosine, 0);
  return { cosineMean: sum / cosines.length, cosineMin: Math.min(...cosines) };
}

/** Small networks are timed for this long, and large ones twice. */
const timingBudgetMs = 60;
const fewestRuns = 2;

/**
 * Images per second of a graph, one image at a time. They are of one color: no operator is faster for that.
 * @param shape of an image
 */
export function measureSpeed(
  graph: OnnxGraph,
  shape: ImageBatchShape,
  options: SessionOptions,
): Promise<number> {
  const input = new Float32Array(shape.reduce((product, size) => product * size, 1));
  return withSession(graph, options, session => timeSession(session, { input, shape }));
}

/** Images per second of a session. The fastest run counts: the first one, and disturbances, are only slower. */
async function timeSession(session: Session, { input, shape }: ImageBatch): Promise<number> {
  const end = performance.now() + timingBudgetMs;
  let fastest = Number.POSITIVE_INFINITY;
  for (let run = 0; run < fewestRuns || performance.now() < end; run++) {
    const started = performance.now();
    await session.run(input, shape);
    fastest = Math.min(fastest, performance.now() - started);
  }
  return 1000 / fastest;
}
