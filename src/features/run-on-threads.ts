// Threads that run the base on images, or decode them for whoever runs a network elsewhere.

import type { InputRules } from '../data/image-rules.js';
import { nodeFor, type OnnxGraph } from '../formats/onnx/graph.js';
import { writeTemporaryModel } from '../inference/temporary-model.js';
import type { Base } from './base.js';
import { runInThreads, type ThreadWork } from './pool.js';
import type { Precision } from './precision.js';
import type { BaseResult, BaseWork, RunResult, ViewedExample } from './run-images.js';
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

/**
 * Decodes images: the outcome of each is what a network takes of it, `[height, width, channels]`, preprocessed.
 * @returns and throws as `runOnThreads` does
 */
export async function* decodeOnThreads<Image>(work: ThreadWork<Image>): AsyncGenerator<RunResult<Image>> {
  yield* runInThreads(await writeTemporaryModel(describeInput(work.rules)), work);
}

/** A model that gives back what it gets. */
function describeInput({ size, channels }: InputRules): OnnxGraph {
  const port = (name: string) => ({ name, type: 'float32', shape: ['N', ...size, channels] }) as const;
  return {
    name: 'input',
    nodes: [nodeFor('same', { op: 'Identity', inputs: ['input'] })],
    ...{ initializers: new Map(), mapSizes: new Map() },
    ...{ input: port('input'), output: port('same') },
  };
}
