// How fast a network is, one image at a time.

import { performance } from 'node:perf_hooks';
import type { ImageInput } from '../image-input.js';
import type { OnnxGraph } from '../onnx/graph.js';
import type { Session, SessionOptions } from '../session.js';
import { withSession } from '../temporary-session.js';

/** Small networks are timed for this long, and large ones twice. */
const timingBudgetMs = 60;
const fewestRuns = 2;

/** Images per second of a graph. */
export function measureSpeed(graph: OnnxGraph, image: ImageInput, options: SessionOptions): Promise<number> {
  return withSession(graph, options, session => timeSession(session, image));
}

/** Images per second of a session. The fastest run counts: the first one, and disturbances, are only slower. */
export async function timeSession(session: Session, { input, shape }: ImageInput): Promise<number> {
  const end = performance.now() + timingBudgetMs;
  let fastest = Number.POSITIVE_INFINITY;
  for (let run = 0; run < fewestRuns || performance.now() < end; run++) {
    const started = performance.now();
    await session.run(input, shape);
    fastest = Math.min(fastest, performance.now() - started);
  }
  return 1000 / fastest;
}
