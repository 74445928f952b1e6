// A thread that decodes photos and runs the frozen base on them, one at a time.

import { move, workerData } from 'piscina';
import { type InputRules, readInput } from '../data/read-input.js';
import { FinetuneError } from '../errors.js';
import { openSession } from '../runtime/session.js';

/** What every thread needs to know once. */
export interface BaseWorkerData extends InputRules {
  /** The base as ONNX, on disk: so it is in memory once, in the runtime. */
  readonly model: string;
  /** Threads of the base's operators. */
  readonly threads: number;
}

/** The features of an image, or why there are none. */
export type BaseAnswer = Float32Array | { readonly reason: string };

const { model, threads, ...rules }: BaseWorkerData = workerData;
const session = await openSession(model, { threads });

/** @param path of an image file */
export default async function computeFeatures(path: string): Promise<BaseAnswer> {
  try {
    const { input, shape } = await readInput(path, rules);
    const { data } = await session.run(input, shape);
    // Handed over, not copied; on the other side it is the array itself.
    return move(data) as unknown as Float32Array;
  } catch (error) {
    if (error instanceof FinetuneError && error.code === 'bad-image') return { reason: error.message };
    throw error;
  }
}
