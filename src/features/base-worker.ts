// A thread that decodes photos and runs the frozen base on them, one after the other.

import { workerData } from 'piscina';
import type { InputRules } from '../data/image-rules.js';
import { readImage } from '../data/read-image.js';
import { openSession, type SessionOptions } from '../inference/session.js';
import { startStopwatch } from '../system/timer.js';
import type { BaseAnswer } from './base-answer.js';

/** What every thread needs to know once. */
export interface BaseWorkerData extends InputRules {
  /** The base as ONNX, on disk: so it is in memory once, in the runtime. */
  readonly model: string;
  /** Threads of the base's operators. */
  readonly threads: number;
  /** What the bytes of the base's output stand for, where it gives bytes. */
  readonly output: SessionOptions['output'];
}

/** What is known of an image whose name the other side has. */
export type WorkerAnswer = Omit<BaseAnswer, 'image'>;

const { model, threads, output, ...rules }: BaseWorkerData = workerData;
const session = await openSession(model, { threads, output });

/** Inputs that no image is in: used again and again, they spare the system half a megabyte per image. */
const freeInputs: Float32Array[] = [];

const inputLength = rules.size[0] * rules.size[1] * rules.channels;

/** @param paths of image files */
export default function computeFeatures(paths: readonly string[]): Promise<WorkerAnswer[]> {
  return Promise.all(paths.map(answerFor));
}

async function answerFor(path: string): Promise<WorkerAnswer> {
  const watch = startStopwatch();
  const target = freeInputs.pop() ?? new Float32Array(inputLength);
  try {
    const read = await readImage(path, rules, { onStep: watch.lap, target });
    if ('reason' in read) return { outcome: read, seconds: watch.seconds() };
    const { data, bytes } = await session.run(read.input, read.shape);
    watch.lap('base');
    return { outcome: bytes && output ? { data: bytes, ...output } : data, seconds: watch.seconds() };
  } finally {
    freeInputs.push(target);
  }
}
