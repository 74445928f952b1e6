// What `finetune bench` measures: how fast a model runs, and how much memory its process takes.

import { openSync, readSync, statSync } from 'node:fs';
import { readPeakMemory } from '../system/peak-memory.js';
import type { DeviceName } from './devices.js';
import { type ImageBatchShape, openSession } from './session.js';

/** What is measured, as plain data: a process of its own is told. */
export interface MeasureTask {
  /** An ONNX file. */
  readonly model: string;
  /** A file of preprocessed images: `[n, height, width, channels]`, float32. */
  readonly images: string;
  /** The shape of one batch. */
  readonly shape: ImageBatchShape;
  /** Images to be timed at least, in full batches. */
  readonly atLeast: number;
  readonly threads: number;
  readonly device: DeviceName;
}

/** How fast a frozen base ran, in a process of its own. */
export interface BenchMeasurement {
  /** Images that were timed, in full batches. */
  readonly images: number;
  readonly imagesPerSecond: number;
  /** Milliseconds of a batch: half of the batches took at most `p50`, 99 of 100 at most `p99`. */
  readonly latencyMs: { readonly p50: number; readonly p99: number };
  /** Most memory that the process held at a time, in MB (10^6 bytes): Node, the runtime, the model, one batch. */
  readonly peakMegabytes: number;
}

/** A row of the benchmark: a backbone, computing in a precision on a device, on batches of a size. */
export interface BenchSetting {
  /** As it was named. */
  readonly backbone: string;
  readonly device: DeviceName;
  readonly precision: 'fp32' | 'fp16' | 'int8';
  readonly batchSize: number;
}

/** A measurement, or why there is none. */
export type BenchRow = BenchSetting & (BenchMeasurement | { readonly failure: string });

/** What `finetune bench` measured, in the order in which it is shown. */
export interface BenchResult {
  /** The threads of the base's operators. */
  readonly threads: number;
  /** The folder that the images came from; null where they were generated. */
  readonly data: string | null;
  /** The versions of what ran, by name. */
  readonly versions: Readonly<Record<string, string>>;
  readonly rows: readonly BenchRow[];
}

/** The first runs allocate memory, and make caches and the processor's clock what they are in a long job. */
const warmUps = 2;

/** Runs a model until enough images are timed. The memory is that of this process: nothing else should be in it. */
export async function measureModel(task: MeasureTask): Promise<BenchMeasurement> {
  const { model, shape, atLeast, threads, device } = task;
  const [batchSize] = shape;
  const session = await openSession(model, { threads, device });
  const batch = new Float32Array(shape.reduce((product, size) => product * size, 1));
  const readBatch = openImages(task, batch);
  const milliseconds: number[] = [];
  for (let run = -warmUps; run * batchSize < atLeast; run++) {
    readBatch();
    const started = performance.now();
    await session.run(batch, shape);
    if (run >= 0) milliseconds.push(performance.now() - started);
  }
  return { ...summarizeRuns(milliseconds, batchSize), peakMegabytes: readPeakMemory() / 1e6 };
}

/** @returns what fills `batch` with the next images, from the first one again after the last */
function openImages({ images, shape: [batchSize] }: MeasureTask, batch: Float32Array): () => void {
  const file = openSync(images, 'r');
  const bytes = batch.byteLength / batchSize;
  const count = statSync(images).size / bytes;
  let next = 0;
  return () => {
    for (let i = 0; i < batchSize; i++) {
      readSync(file, batch, i * bytes, bytes, (next++ % count) * bytes);
    }
  };
}

/**
 * Sums runs up.
 * @param milliseconds of each run, one at least
 * @param batchSize images of a run
 */
export function summarizeRuns(
  milliseconds: readonly number[],
  batchSize: number,
): Omit<BenchMeasurement, 'peakMegabytes'> {
  const images = milliseconds.length * batchSize;
  const total = milliseconds.reduce((sum, value) => sum + value, 0);
  return {
    images,
    imagesPerSecond: (1000 * images) / total,
    latencyMs: { p50: percentile(milliseconds, 50), p99: percentile(milliseconds, 99) },
  };
}

/**
 * The smallest of the values that `percent` of 100 of them do not exceed (nearest rank), so one that occurred.
 * @param values one at least
 * @param percent above 0, up to 100
 * @example percentile([40, 10, 30, 20], 50) // 20
 */
export function percentile(values: readonly number[], percent: number): number {
  const rising = values.toSorted((a, b) => a - b);
  return rising[Math.ceil((percent * rising.length) / 100) - 1] ?? Number.NaN;
}
