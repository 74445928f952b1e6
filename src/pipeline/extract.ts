// Every image once through the frozen base; what was seen before comes from the feature store.

import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Piscina } from 'piscina';
import { featureKey, type FeatureStore } from '../runtime/feature-store.js';
import { countProcessors } from '../runtime/processors.js';
import type { BadImage, EmitEvent, ImageFile } from '../types.js';
import { mapAhead } from './ahead.js';
import type { Base } from './base.js';
import type { BaseAnswer, BaseWorkerData } from './base-worker.js';
import type { Precision } from './precision.js';

/** Features of the images that could be decoded. */
export interface ExtractedFeatures {
  readonly images: readonly ImageFile[];
  /** By hash of the image, all of one length. */
  readonly rows: ReadonlyMap<string, Float32Array>;
  readonly bad: readonly BadImage[];
  /** How many images went through the base in this call; the others came from the store. */
  readonly computed: number;
}

export interface ExtractOptions {
  readonly precision: Precision;
  /** The data folder that image paths are relative to. */
  readonly root: string;
  readonly store: FeatureStore;
  readonly emit: EmitEvent;
}

/** In a thread the next photos are decoded while the base works on one. */
const photosPerThread = 3;

const photosWorthAThread = 16;

const largeModelBytes = 32 * 2 ** 20;

/** Computes or looks up the features of `images`, in their order. */
export async function extractFeatures(
  base: Base,
  images: readonly ImageFile[],
  options: ExtractOptions,
): Promise<ExtractedFeatures> {
  const rows = new Map<string, Float32Array>();
  const missing: ImageFile[] = [];
  for (const image of uniqueByContent(images)) {
    const stored = options.store.get(keyOf(base, options.precision, image));
    if (stored === undefined) missing.push(image);
    else rows.set(image.hash, stored);
  }
  const failures = missing.length === 0 ? new Map() : await compute(base, missing, rows, options);
  return {
    images: images.filter(image => rows.has(image.hash)),
    rows,
    bad: listBad(images, failures),
    computed: missing.length - failures.size,
  };
}

function uniqueByContent(images: readonly ImageFile[]): Iterable<ImageFile> {
  return new Map(images.map(image => [image.hash, image])).values();
}

function keyOf(base: Base, precision: Precision, image: ImageFile): string {
  return featureKey({
    imageHash: image.hash,
    preprocessingHash: base.preprocessingHash,
    baseHash: `${base.fingerprint} ${precision.fingerprint}`,
  });
}

/** Runs the base over `images`; fills `rows` and the store; returns the reasons of those that failed, by hash. */
async function compute(
  base: Base,
  images: readonly ImageFile[],
  rows: Map<string, Float32Array>,
  { precision, root, store, emit }: ExtractOptions,
): Promise<Map<string, string>> {
  const failures = new Map<string, string>();
  const { pool, stop } = await startPool(base, precision, images.length);
  const answers = mapAhead(
    images,
    async image => ({ image, answer: (await pool.run(join(root, image.path))) as BaseAnswer }),
    pool.options.maxThreads * photosPerThread,
  );
  let done = 0;
  try {
    for await (const { image, answer } of answers) {
      if ('reason' in answer) failures.set(image.hash, answer.reason);
      else {
        rows.set(image.hash, answer);
        store.put(keyOf(base, precision, image), answer);
      }
      done += 1;
      emit({ type: 'progress', stage: 'features', done, total: images.length });
    }
  } finally {
    await stop();
  }
  return failures;
}

/** Threads with a base each. The model's file is theirs until they are gone. */
async function startPool(
  { network, rules }: Base,
  precision: Precision,
  photos: number,
): Promise<{ pool: Piscina; stop: () => Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'finetune-base-'));
  const model = join(dir, 'base.onnx');
  await writeFile(model, precision.compile(network));
  const { bases, threads } = shareProcessors(photos, (await stat(model)).size);
  const workerData: BaseWorkerData = {
    ...{ model, threads },
    ...rules,
  };
  const pool = new Piscina({
    filename: new URL('./base-worker.js', import.meta.url).href,
    minThreads: bases,
    maxThreads: bases,
    concurrentTasksPerWorker: photosPerThread,
    workerData,
  });
  const stop = async () => {
    // Waits for the photos that are under way: the runtime does not survive a thread that ends in the middle of one.
    await pool.close();
    await rm(dir, { recursive: true, force: true });
  };
  return { pool, stop };
}

/**
 * Small networks: a base per processor with one thread each, which takes half the processor time of sharing a base
 * among threads. Large ones are shared: they lose nothing by it, and are in memory once.
 */
function shareProcessors(photos: number, modelBytes: number): { bases: number; threads: number } {
  const processors = countProcessors();
  if (modelBytes > largeModelBytes) return { bases: 1, threads: processors };
  return { bases: Math.max(1, Math.min(processors, Math.ceil(photos / photosWorthAThread))), threads: 1 };
}

function listBad(images: readonly ImageFile[], failures: ReadonlyMap<string, string>): BadImage[] {
  return images.flatMap(({ path, hash }) => {
    const reason = failures.get(hash);
    return reason === undefined ? [] : [{ path, reason }];
  });
}
