// A session on a graph that is not kept. Apart from session.ts, which threads that open a model's file load, too.

import type { OnnxGraph } from '../formats/onnx/graph.js';
import { openSession, type Session, type SessionOptions } from './session.js';
import { writeTemporaryModel } from './temporary-model.js';

/** Opens a graph by way of a file, uses it, and frees it whatever happens. */
export async function withSession<Result>(
  graph: OnnxGraph,
  options: SessionOptions,
  use: (session: Session) => Promise<Result>,
): Promise<Result> {
  const model = await writeTemporaryModel(graph);
  try {
    const session = await openSession(model.path, options);
    try {
      return await use(session);
    } finally {
      await session.release();
    }
  } finally {
    await model.remove();
  }
}
