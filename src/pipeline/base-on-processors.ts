// The frozen base in ONNX Runtime, in threads that decode photos and run the base on them.

import { join } from 'node:path';
import { Piscina } from 'piscina';
import { countProcessors } from '../runtime/processors.js';
import { writeTemporaryModel } from '../runtime/temporary-model.js';
import type { ImageFile } from '../types.js';
import { mapAhead } from './ahead.js';
import type { Base } from './base.js';
import type { BaseAnswer } from './base-answer.js';
import type { BaseWorkerData, WorkerAnswer } from './base-worker.js';
import type { Precision } from './precision.js';

/** In a thread the next photos are decoded while the base works on one. */
const photosPerThread = 6;

const photosWorthAThread = 16;

/** Little of what a thread makes lives long: with Node's own limit it would keep some 20 MB more, and be no faster. */
const maxYoungGenerationSizeMb = 4;

const largeWeights = 32 * 2 ** 20;

/** Decodes images and runs the base on them; answers come in the images' order. */
export async function* runOnProcessors(
  base: Base,
  precision: Precision,
  images: readonly ImageFile[],
  root: string,
): AsyncGenerator<BaseAnswer> {
  const { pool, stop } = await startPool(base, precision, images.length);
  const answer = async (image: ImageFile): Promise<BaseAnswer> => {
    const answered: WorkerAnswer = await pool.run(join(root, image.path));
    return { image, ...answered };
  };
  try {
    yield* mapAhead(images, answer, pool.options.maxThreads * photosPerThread);
  } finally {
    await stop();
  }
}

/** Threads with a base each. The model's file is theirs until they are gone. */
async function startPool(
  { network, rules }: Base,
  precision: Precision,
  photos: number,
): Promise<{ pool: Piscina; stop: () => Promise<void> }> {
  const { graph, output } = precision.compileBase(network);
  const model = await writeTemporaryModel(graph);
  const { bases, threads } = shareProcessors(photos, model.weightBytes);
  const workerData: BaseWorkerData = { model: model.path, threads, output, ...rules };
  const pool = new Piscina({
    filename: new URL('./base-worker.js', import.meta.url).href,
    minThreads: bases,
    maxThreads: bases,
    concurrentTasksPerWorker: photosPerThread,
    resourceLimits: { maxYoungGenerationSizeMb },
    workerData,
  });
  const stop = async () => {
    // Waits for the photos that are under way: the runtime does not survive a thread that ends in the middle of one.
    await pool.close();
    await model.remove();
  };
  return { pool, stop };
}

/**
 * Small networks: a base per processor with one thread each, which takes half the processor time of sharing a base
 * among threads. Large ones are shared: they lose nothing by it, and are in memory once.
 */
function shareProcessors(photos: number, weightBytes: number): { bases: number; threads: number } {
  const processors = countProcessors();
  if (weightBytes > largeWeights) return { bases: 1, threads: processors };
  return { bases: Math.max(1, Math.min(processors, Math.ceil(photos / photosWorthAThread))), threads: 1 };
}
