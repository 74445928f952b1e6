// The speed of bytes, before much is spent on them: from two images, one to calibrate on and one to measure on.

import { performance } from 'node:perf_hooks';
import type { ImageInput } from '../image-input.js';
import type { OnnxGraph } from '../onnx/graph.js';
import { type Session, type SessionOptions, withSession } from '../session.js';
import { type Images, observeImages } from './observations.js';
import { type Candidate, runTrial, type TrialRecord, timeRun } from './trial.js';

export const imagesOfFirstLook = 2;

/** Small networks are timed for this long, and large ones once. */
const timingBudgetMs = 100;

/** Images per second of a graph, one at a time. */
export function measureSpeed(graph: OnnxGraph, image: ImageInput, options: SessionOptions): Promise<number> {
  return withSession(graph, options, async session => {
    await session.run(image.input, image.shape);
    return timeSession(session, image);
  });
}

/**
 * Quantises a graph with what one image tells, and measures it on another: its speed does not depend on more.
 * @param floatSpeed images per second in float, to compare with; both at once would need the memory of both
 */
export async function lookAtSpeed(
  graph: OnnxGraph,
  images: readonly ImageInput[],
  candidate: Candidate,
  { floatSpeed, ...options }: SessionOptions & { readonly floatSpeed: number },
): Promise<TrialRecord> {
  const observed = await observeImages(graph, images);
  const measureSpeeds = async (session: Session) => ({
    fp32: floatSpeed,
    int8: await timeSession(session, observed.probes[0]!),
  });
  const setting = { ...observed, graph, options, isFaithful: () => true, measureSpeeds };
  return (await runTrial(setting, candidate)).record;
}

/** Of a session that has run before. The fastest run counts: disturbances only slow down. */
async function timeSession(session: Session, image: ImageInput): Promise<number> {
  const end = performance.now() + timingBudgetMs;
  let fastest = Number.POSITIVE_INFINITY;
  do {
    fastest = Math.min(fastest, await timeRun(session, image));
  } while (performance.now() < end);
  return 1000 / fastest;
}

export async function* iterate(images: Images): AsyncGenerator<ImageInput> {
  yield* images;
}

/** The next images, `count` at most. */
export async function takeImages(images: AsyncIterator<ImageInput>, count: number): Promise<ImageInput[]> {
  const taken: ImageInput[] = [];
  while (taken.length < count) {
    const { value, done } = await images.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}

/** All images again: those that were taken, then the rest. */
export async function* continueWith(taken: readonly ImageInput[], rest: AsyncGenerator<ImageInput>) {
  yield* taken;
  yield* rest;
}
