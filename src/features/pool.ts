// Threads that decode images, and run a model on them in ONNX Runtime where there is one. They are told to finish and waited
// for, whatever happens: the runtime aborts the process when a thread is ended in the middle of a run.

import type { InputRules } from '../data/image-rules.js';
import { type BadInput, reasonOfBadImage } from '../data/read-image.js';
import { FinetuneError } from '../errors.js';
import type { Quantization } from '../inference/int8/quantization.js';
import { largeWeights } from '../inference/session.js';
import { type TemporaryModel, writeTemporaryModel } from '../inference/temporary-model.js';
import { type GuardedThreads, startGuardedThreads } from '../system/guarded-threads.js';
import { prefetch } from '../system/prefetch.js';
import { addTimes } from '../system/processor-time.js';
import { countProcessors } from '../system/processors.js';
import { tellToStop } from '../system/thread-guard.js';
import type { Base } from './base.js';
import type { DamageFindings } from './damage-sample.js';
import type { Precision } from './precision.js';
import type { BaseResult, BaseWork, RunResult, ViewedExample } from './run-images.js';
import type { GroupResult, ThreadFailure, WorkerData, WorkerTask } from './worker.js';

/** Photos that a thread is told of at once, and gives back at once: a message for each cost it a twentieth of its time. */
const photosPerGroup = 8;

/** In a thread the next group's photos are decoded while the base works on one's. */
const groupsPerThread = 2;

/** Inputs of a group take no more memory than this, or there is one photo in it. */
const groupBytes = 8 * 2 ** 20;

const photosWorthAThread = 16;

/** Little of what a thread makes lives long: with Node's own limit it would keep some 20 MB more, and be no faster. */
const maxYoungGenerationSizeMb = 4;

/** A model that every thread opens for itself. */
export interface ThreadModel extends TemporaryModel {
  /** What the bytes of its output stand for, where it gives bytes. */
  readonly output?: Quantization | undefined;
}

/** What it is to run on. */
export interface ThreadWork<Image> {
  readonly rules: InputRules;
  readonly images: readonly Image[];
  /** What a thread is told of an image. What it throws of a bad one (`bad-image`) is that image's result. */
  readonly taskOf: (image: Image) => WorkerTask | Promise<WorkerTask>;
  readonly signal?: AbortSignal | undefined;
  /** Takes the processor time of threads, in seconds by step. */
  readonly times?: Record<string, number> | undefined;
  /** Takes what is found inside JPEGs; where it is missing, none is looked at. */
  readonly damage?: DamageFindings | undefined;
  /** Whether the pictures are wanted by which copies are found. */
  readonly takesPictures?: boolean | undefined;
}

/**
 * Decodes images and runs a model on them, in threads. When they are gone, the model's `remove` is called.
 * @param model without one, the outcome of an image is the `target` of its task, filled
 * @returns in the images' order
 * @throws the signal's reason once it is aborted; what a thread failed of
 */
export async function* runInThreads<Image>(
  model: ThreadModel | undefined,
  work: ThreadWork<Image>,
): AsyncGenerator<RunResult<Image>> {
  const { images, signal, times, damage } = work;
  signal?.throwIfAborted();
  const { pool, state, stop } = startPool(model, work);
  const abort = () => tellToStop(state);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const groupsUnderWay = pool.options.maxThreads * groupsPerThread;
    const run = async (group: readonly Image[]): Promise<RunResult<Image>[]> => {
      const tasks = await Promise.all(group.map(image => taskOrReason(image, work)));
      const result: GroupResult | ThreadFailure = await pool.run(tasks);
      if ('failure' in result) throw errorOf(result);
      const { outcomes, narrowRanges, pictures } = result;
      if (times !== undefined) addTimes(times, result.times);
      for (const [path, reason] of result.damage) damage?.set(path, reason);
      return group.flatMap((image, i) => {
        const outcome = outcomes[i] === 'in target' ? targetOf(tasks[i]) : outcomes[i];
        const more = { narrowRange: narrowRanges.get(i), picture: pictures.get(i) };
        return outcome === undefined ? [] : { image, outcome, ...more };
      });
    };
    const groups = dealOut(images, groupsUnderWay, work.rules);
    for await (const results of prefetch(groups, run, { count: groupsUnderWay, signal })) yield* results;
  } finally {
    signal?.removeEventListener('abort', abort);
    await stop();
  }
}

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

function targetOf(task: WorkerTask | BadInput | undefined): Float32Array {
  if (task !== undefined && 'target' in task && task.target !== undefined) return task.target;
  throw new Error('An image was decoded into nothing.');
}

async function taskOrReason<Image>(
  image: Image,
  { taskOf }: Pick<ThreadWork<Image>, 'taskOf'>,
): Promise<WorkerTask | BadInput> {
  try {
    return await taskOf(image);
  } catch (error) {
    return { reason: reasonOfBadImage(error) };
  }
}

function errorOf({ failure: { code, message } }: ThreadFailure): Error {
  return code === undefined ? new Error(message) : new FinetuneError(code, message);
}

/** Groups of images, smaller ones towards the end, so that threads end together. */
function* dealOut<Image>(
  images: readonly Image[],
  groupsUnderWay: number,
  { size, channels }: InputRules,
): Generator<readonly Image[]> {
  const most = Math.min(photosPerGroup, Math.floor(groupBytes / (size[0] * size[1] * channels * 4)));
  for (let start = 0; start < images.length; ) {
    const share = Math.ceil((images.length - start) / (groupsUnderWay * 2));
    const end = start + Math.max(1, Math.min(most, share));
    yield images.slice(start, end);
    start = end;
  }
}

/** Threads with a model each. Its file is theirs until they are gone. */
function startPool(
  model: ThreadModel | undefined,
  { rules, images, damage, takesPictures = false }: Omit<ThreadWork<unknown>, 'taskOf'>,
): GuardedThreads {
  const { bases, threads } = shareProcessors(images.length, model?.weightBytes ?? 0);
  // A thread's own environment is a copy, which the runtime does not see: it would send its makers what it is used for.
  process.env.ORT_DISABLE_TELEMETRY = '1';
  const { stop, ...started } = startGuardedThreads({
    file: new URL('./worker.js', import.meta.url),
    count: bases,
    concurrentTasksPerWorker: groupsPerThread,
    resourceLimits: { maxYoungGenerationSizeMb },
    workerData: (state): WorkerData => ({
      ...{ model: model?.path, output: model?.output, threads, rules, state },
      ...{ looksForDamage: damage !== undefined, takesPictures },
    }),
  });
  return {
    ...started,
    async stop() {
      await stop();
      await model?.remove();
    },
  };
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
