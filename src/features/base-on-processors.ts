// The frozen base in ONNX Runtime, in threads that decode photos and run the base on them.

import { Piscina } from 'piscina';
import type { Example } from '../data/data-set.js';
import { writeTemporaryModel } from '../inference/temporary-model.js';
import { mapAhead } from '../system/prefetch.js';
import { countProcessors } from '../system/processors.js';
import type { Base } from './base.js';
import type { BaseAnswer } from './base-answer.js';
import type { BaseWorkerData, WorkerAnswer } from './base-worker.js';
import type { Precision } from './precision.js';

/** Photos that a thread is told of at once, and answers at once: a message for each cost it a twentieth of its time. */
const photosPerGroup = 8;

/** In a thread the next group's photos are decoded while the base works on one's. */
const groupsPerThread = 2;

/** Inputs of a group take no more memory than this, or there is one photo in it. */
const groupBytes = 8 * 2 ** 20;

const photosWorthAThread = 16;

/** Little of what a thread makes lives long: with Node's own limit it would keep some 20 MB more, and be no faster. */
const maxYoungGenerationSizeMb = 4;

const largeWeights = 32 * 2 ** 20;

/** Decodes images and runs the base on them; answers come in the images' order. */
export async function* runOnProcessors(
  base: Base,
  precision: Precision,
  images: readonly Example[],
): AsyncGenerator<BaseAnswer> {
  const { pool, stop } = await startPool(base, precision, images.length);
  const groupsUnderWay = pool.options.maxThreads * groupsPerThread;
  const answer = async (group: readonly Example[]): Promise<BaseAnswer[]> => {
    const answers: WorkerAnswer[] = await pool.run(group.map(({ file }) => file));
    return group.map((image, i) => ({ image, ...answers[i]! }));
  };
  try {
    const groups = dealOut(images, groupsUnderWay, base.size);
    for await (const answers of mapAhead(groups, answer, groupsUnderWay)) yield* answers;
  } finally {
    await stop();
  }
}

/** Groups of images, smaller ones towards the end, so that threads end together. */
function* dealOut(
  images: readonly Example[],
  groupsUnderWay: number,
  [height, width]: Base['size'],
): Generator<readonly Example[]> {
  const most = Math.min(photosPerGroup, Math.floor(groupBytes / (height * width * 3 * 4)));
  for (let start = 0; start < images.length; ) {
    const share = Math.ceil((images.length - start) / (groupsUnderWay * 2));
    const end = start + Math.max(1, Math.min(most, share));
    yield images.slice(start, end);
    start = end;
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
    concurrentTasksPerWorker: groupsPerThread,
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
