// How fast a network is, one image at a time.

import { performance } from 'node:perf_hooks';
import type { OnnxGraph } from '../../formats/onnx/graph.js';
import type { ImageInput } from '../image-input.js';
import type { Session, SessionOptions } from '../session.js';
import { withSession } from '../temporary-session.js';

/** Small networks are timed for this long, and large ones twice. */
const timingBudgetMs = 60;
const fewestRuns = 2;

/**
 * Images per second of a graph. They are of one colour: no operator is faster for that.
 * @param shape of an image
 */
export function measureSpeed(
  graph: OnnxGraph,
  shape: ImageInput['shape'],
  options: SessionOptions,
): Promise<number> {
  const input = new Float32Array(shape.reduce((product, size) => product * size, 1));
  return withSession(graph, options, session => timeSession(session, { input, shape }));
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
