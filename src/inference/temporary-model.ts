// A graph that is not kept, as two files: the model, and its weights, which ONNX Runtime maps into memory instead of
// copying them. Apart from session.ts, which threads that open a model's file load, too.

import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { elementTypeOf, encodeModel, type WeightPlace } from '../formats/onnx/encode.js';
import type { OnnxGraph } from '../formats/onnx/graph.js';
import { makeTemporaryFolder } from '../system/temporary-folder.js';
import { writeAt } from '../system/write-at.js';
import { explainWriteFailure } from '../system/write-failure.js';
import { openSession, type Session, type SessionOptions } from './session.js';

/** A model that is there for as long as it is needed. */
export interface TemporaryModel {
  /** The file to open. */
  readonly path: string;
  readonly weightBytes: number;
  remove(): Promise<void>;
}

/** Constants of fewer numbers lie in the model itself. */
const fewestMapped = 1024;

/** Weights begin at multiples of this, so that every system can map them: Windows' granularity is the coarsest. */
const alignment = 65_536;

/**
 * Writes a graph, weight by weight: each is worked out, written and forgotten, so that they are never in memory together.
 * @param observed names of float values that become outputs beside the graph's own
 */
export async function writeTemporaryModel(
  graph: OnnxGraph,
  observed: readonly string[] = [],
): Promise<TemporaryModel> {
  const folder = makeTemporaryFolder('model');
  const path = join(folder.path, 'model.onnx');
  try {
    const places = await writeWeights(folder.path, graph);
    await writeFile(path, encodeModel(graph, observed, places));
    const weightBytes = [...places.values()].reduce((sum, { length }) => sum + length, 0);
    return { path, weightBytes, remove: folder.remove };
  } catch (error) {
    await folder.remove();
    throw explainWriteFailure(path, error, 'TMPDIR');
  }
}

/** Opens a graph by way of a file, uses it, and frees it whatever happens. */
export async function withSession<Result>(
  graph: OnnxGraph,
  options: SessionOptions,
  use: (session: Session) => Promise<Result>,
): Promise<Result> {
  const session = await openTemporarySession(graph, options);
  try {
    return await use(session);
  } finally {
    await session.release();
  }
}

/** Opens a graph by way of a file, which goes when the session is released. */
export async function openTemporarySession(graph: OnnxGraph, options: SessionOptions): Promise<Session> {
  const model = await writeTemporaryModel(graph);
  try {
    const session = await openSession(model.path, options);
    const release = async () => {
      await session.release();
      await model.remove();
    };
    return { ...session, release };
  } catch (error) {
    await model.remove();
    throw error;
  }
}

async function writeWeights(folder: string, graph: OnnxGraph): Promise<ReadonlyMap<string, WeightPlace>> {
  const location = 'weights.bin';
  const places = new Map<string, WeightPlace>();
  const file = await open(join(folder, location), 'w');
  try {
    let offset = 0;
    for (const [name, constant] of graph.initializers) {
      if (constant.shape.reduce((product, size) => product * size, 1) < fewestMapped) continue;
      const { data } = constant;
      const length = await writeAt(file, offset, data);
      places.set(name, { location, offset, length, type: elementTypeOf(data) });
      offset = Math.ceil((offset + length) / alignment) * alignment;
    }
  } finally {
    await file.close();
  }
  return places;
}
