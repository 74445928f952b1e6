// The base on the processors: in threads.

import { writeTemporaryModel } from '../inference/temporary-model.js';
import type { Base } from './base.js';
import { runInThreads } from './pool.js';
import type { Precision } from './precision.js';
import type { BaseResult, BaseWork, ViewedExample } from './run-images.js';
import type { WorkerTask } from './worker.js';

/**
 * Decodes images of a data set and runs the base on them.
 * @returns in the images' order
 * @throws the signal's reason once it is aborted; what a thread failed of
 */
export async function* runOnThreads(
  { network, rules }: Pick<Base, 'network' | 'rules'>,
  precision: Precision,
  work: BaseWork,
): AsyncGenerator<BaseResult> {
  const { graph, output } = precision.compileBase(network);
  const model = { ...(await writeTemporaryModel(graph)), output };
  yield* runInThreads(model, { ...work, rules, taskOf: taskOfExample, takesPictures: true });
}

/** Each image must be what it was when the folder was looked through, a moment ago. */
export function taskOfExample({ example: { file, path, hash }, view }: ViewedExample): WorkerTask {
  return { source: file, path, hash, view, isCached: true };
}
