// The process that `bench.ts` starts for a row: nothing but the runtime, one model and one batch is in its memory.

import { openSync, readSync, statSync } from 'node:fs';
import { answerParent } from '../system/child-process.js';
import { readPeakMemory } from '../system/peak-memory.js';
import type { BenchMeasurement } from './bench-measurement.js';
import { summariseRuns } from './run-times.js';
import { openSession } from './session.js';

export interface MeasureTask {
  /** An ONNX file. */
  readonly model: string;
  /** A file of preprocessed images: `[n, height, width, 3]`, float32. */
  readonly images: string;
  /** Height and width of the images in pixels. */
  readonly size: readonly [height: number, width: number];
  readonly batchSize: number;
  /** Images to be timed at least; the last batch is whole, too. */
  readonly atLeast: number;
  readonly threads: number;
}

/** The first runs allocate memory, and make caches and the processor's clock what they are in a long job. */
const warmUps = 2;

await answerParent(measure);

async function measure(task: MeasureTask): Promise<BenchMeasurement> {
  const { model, size, batchSize, atLeast, threads } = task;
  const session = await openSession(model, { threads });
  const batch = new Float32Array(batchSize * size[0] * size[1] * 3);
  const readBatch = openImages(task, batch);
  const milliseconds: number[] = [];
  for (let run = -warmUps; run * batchSize < atLeast; run++) {
    readBatch();
    const started = performance.now();
    await session.run(batch, [batchSize, ...size, 3]);
    if (run >= 0) milliseconds.push(performance.now() - started);
  }
  return { ...summariseRuns(milliseconds, batchSize), peakMegabytes: readPeakMemory() / 1e6 };
}

/** @returns what fills `batch` with the next images, from the first one again after the last */
function openImages({ images, batchSize }: MeasureTask, batch: Float32Array): () => void {
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
