// Images by the batch: what goes into a network and comes out, and how batches run on a device other than the CPU.

import { joinArrays } from '../system/join-arrays.js';

/** The shape of a network's input. */
export type ImageBatchShape = readonly [count: number, height: number, width: number, channels: number];

/** Preprocessed images of one size. */
export interface ImageBatch {
  /** Row-major, of `shape`. */
  readonly input: Float32Array;
  readonly shape: ImageBatchShape;
}

/** One batch of several; all have the same size. One alone stays as it is. */
export function joinBatches(batches: readonly ImageBatch[]): ImageBatch {
  const [only, ...others] = batches;
  if (only !== undefined && others.length === 0) return only;
  const [, ...size] = batches[0]?.shape ?? [0, 0, 0, 0];
  const count = batches.reduce((sum, { shape }) => sum + shape[0], 0);
  return { input: joinArrays(batches.map(({ input }) => input)), shape: [count, ...size] };
}

/** What a network gives for a batch. */
export interface SessionOutput {
  readonly data: Float32Array;
  readonly shape: readonly number[];
  /** What `data` was made of, where the model's output is uint8. */
  readonly bytes?: Uint8Array;
}

/** A batch whose turn has not come. */
interface Waiting {
  readonly batch: ImageBatch;
  readonly resolve: (output: SessionOutput) => void;
  readonly reject: (error: unknown) => void;
}

/** Brings batches to the size that the device can take: small ones that wait are joined, large ones are cut. */
export class BatchRunner {
  readonly #run: (batch: ImageBatch) => Promise<SessionOutput>;
  readonly #waiting: Waiting[] = [];
  #lastRun: Promise<void> = Promise.resolve();
  #mostImages: number;

  /** @param mostImages to begin with; halved whenever a part fails */
  constructor(run: (batch: ImageBatch) => Promise<SessionOutput>, mostImages: number) {
    this.#run = run;
    this.#mostImages = mostImages;
  }

  /**
   * Runs a batch when all earlier runs have ended. All batches have images of one size.
   * @throws what a run of a single image throws
   */
  run(batch: ImageBatch): Promise<SessionOutput> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ batch, resolve, reject });
      this.#lastRun = this.#lastRun.then(() => this.#runWaiting());
    });
  }

  async #runWaiting(): Promise<void> {
    const waiting = this.#waiting.splice(0);
    if (waiting.length === 0) return;
    try {
      const { data, shape } = await this.#runInParts(joinBatches(waiting.map(({ batch }) => batch)));
      const [images = 0, ...outputShape] = shape;
      let offset = 0;
      for (const { batch, resolve } of waiting) {
        const [count] = batch.shape;
        const end = offset + (data.length / images) * count;
        resolve({ data: data.slice(offset, end), shape: [count, ...outputShape] });
        offset = end;
      }
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }

  async #runInParts(batch: ImageBatch): Promise<SessionOutput> {
    const [images] = batch.shape;
    const outputs: SessionOutput[] = [];
    for (let first = 0; first < images; ) {
      // By powers of two: a device prepares itself for each size that it has not seen.
      const count = 2 ** Math.floor(Math.log2(Math.min(this.#mostImages, images - first)));
      try {
        outputs.push(await this.#run(partOf(batch, first, count)));
        first += count;
      } catch (error) {
        if (count === 1) throw error;
        this.#mostImages = Math.ceil(count / 2);
      }
    }
    return joinOutputs(outputs, images);
  }
}

/** Some images of a batch, in the same memory. */
export function partOf(
  { input, shape: [images, ...size] }: ImageBatch,
  first: number,
  count: number,
): ImageBatch {
  const length = input.length / images;
  return { input: input.subarray(first * length, (first + count) * length), shape: [count, ...size] };
}

/** @param images how many they are of, together */
export function joinOutputs(outputs: readonly SessionOutput[], images: number): SessionOutput {
  const [first, ...others] = outputs;
  if (first === undefined || others.length === 0) return first ?? { data: new Float32Array(), shape: [0] };
  const data = new Float32Array(outputs.reduce((sum, each) => sum + each.data.length, 0));
  let offset = 0;
  for (const output of outputs) {
    data.set(output.data, offset);
    offset += output.data.length;
  }
  return { data, shape: [images, ...first.shape.slice(1)] };
}
