// The speed of bytes, before much is spent on them: from two images, one to calibrate on and one to measure on.

import type { ImageInput } from '../image-input.js';
import { encodeModel } from '../onnx/encode.js';
import type { OnnxGraph } from '../onnx/graph.js';
import { type SessionOptions, withSession } from '../session.js';
import { type Images, observeImages } from './observations.js';
import { type Candidate, runTrial, type TrialRecord } from './trial.js';

export const imagesOfFirstLook = 2;

/** Quantises a graph with what one image tells, and measures it on another: its speed does not depend on more. */
export async function lookAtSpeed(
  graph: OnnxGraph,
  images: readonly ImageInput[],
  candidate: Candidate,
  options: SessionOptions,
): Promise<TrialRecord> {
  const observed = await observeImages(graph, images);
  const { record } = await withSession(encodeModel(graph), options, float =>
    runTrial({ ...observed, graph, float, options, isFaithful: () => true }, candidate),
  );
  return record;
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
