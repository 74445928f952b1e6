// Images that threads decode for a network that runs elsewhere, by batches.

import type { InputRules } from '../data/image-rules.js';
import { prefetch } from '../system/prefetch.js';
import { ReusedArrays } from '../system/reused-arrays.js';
import { runInThreads, type ThreadWork } from './pool.js';
import { isBad, type NumbersResult, type Runner } from './run-images.js';

/** Arrays for an image each, in memory that threads share. */
export function arraysFor({ size, channels }: InputRules): ReusedArrays {
  const length = size[0] * size[1] * channels;
  return new ReusedArrays(length, count => new Float32Array(new SharedArrayBuffer(4 * count)));
}

/**
 * Decodes images in threads: as a network takes them, `[height, width, channels]`, preprocessed.
 * @param arrays take the images' numbers; whoever has used them gives them back
 * @returns in the images' order
 * @throws the signal's reason once it is aborted
 */
export async function* decodeInThreads<Image>(
  { taskOf, ...work }: ThreadWork<Image>,
  arrays: ReusedArrays,
): AsyncGenerator<NumbersResult<Image>> {
  const toMemory = async (image: Image) => ({ ...(await taskOf(image)), target: arrays.take() });
  for await (const { outcome, ...result } of runInThreads(undefined, { ...work, taskOf: toMemory })) {
    if (!(outcome instanceof Float32Array) && !isBad(outcome)) throw new Error('A decoder gave bytes.');
    yield { ...result, outcome };
  }
}

/** What runs on images that are being decoded. */
export interface DecodedWork<Image> extends ThreadWork<Image> {
  readonly session: Runner;
  /** How many run together: always the same ones, since other sums would differ in their last digits. */
  readonly batchSize: number;
}

/**
 * Runs a network on images by batches; the next ones are decoded meanwhile.
 * @returns in the images' order
 * @throws the signal's reason once it is aborted; what the network throws
 */
export async function* runOnDecoded<Image>(work: DecodedWork<Image>): AsyncGenerator<NumbersResult<Image>> {
  const { rules, batchSize, signal } = work;
  const images = arraysFor(rules);
  // ONNX Runtime takes no memory that threads share.
  const batches = new ReusedArrays(images.length * batchSize);
  const run = (batch: readonly NumbersResult<Image>[]) => runBatch(work, batch, { images, batches });
  const decoded = inBatches(decodeInThreads(work, images), batchSize);
  for await (const results of prefetch(decoded, run, { count: 1, signal })) yield* results;
}

async function* inBatches<Item>(items: AsyncIterable<Item>, size: number): AsyncGenerator<Item[]> {
  let batch: Item[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

async function runBatch<Image>(
  { session, rules: { size, channels } }: DecodedWork<Image>,
  decoded: readonly NumbersResult<Image>[],
  { images, batches }: { readonly images: ReusedArrays; readonly batches: ReusedArrays },
): Promise<NumbersResult<Image>[]> {
  if (decoded.every(({ outcome }) => isBad(outcome))) return [...decoded];
  const input = batches.take();
  let count = 0;
  for (const { outcome } of decoded) {
    if (isBad(outcome)) continue;
    input.set(outcome, images.length * count++);
    images.giveBack(outcome);
  }
  const { data } = await session.run(input.subarray(0, images.length * count), [count, ...size, channels]);
  batches.giveBack(input);
  const length = data.length / count;
  let next = 0;
  return decoded.map(({ outcome, ...result }) => {
    if (isBad(outcome)) return { ...result, outcome };
    const start = length * next++;
    return { ...result, outcome: data.slice(start, start + length) };
  });
}
