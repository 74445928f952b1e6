// Rows of pixels: kept in memory as bytes, or decoded from the files whenever they are read. An epoch may see every image
// in a view of its own, which is made of the bytes, or decoded from the file in threads.

import type { InputRules, View } from '../data/image-rules.js';
import { preprocess } from '../data/preprocess.js';
import type { ReadOptions } from '../data/read-options.js';
import { viewPixels } from '../data/view-pixels.js';
import { FinetuneError } from '../errors.js';
import { prefetch } from '../system/prefetch.js';
import type { Augmentation } from '../training/augmentation.js';
import type { EpochRequest } from '../training/data.js';
import { drawEpochView } from '../training/views.js';
import { arraysFor, decodeInThreads } from './decoded-images.js';
import type { RowSource } from './feature-rows.js';
import { taskOfExample } from './pool.js';
import { isBad, type ViewedExample } from './run-images.js';

/** How each epoch sees the training images. */
export interface EpochViews {
  /** What is drawn anew for every epoch; an empty table changes nothing. */
  readonly augment: Augmentation;
  readonly seed: number;
  /** Whether they are made of the files, a part of which is sharper than one of pixels, even where pixels are in memory. */
  readonly ofFiles: boolean;
}

/** What rows are made of. */
export interface PixelRowsPlan {
  /** The images of the rows, in order. */
  readonly images: readonly ViewedExample[];
  readonly rules: InputRules;
  /** Pixels of the images, one after the other; absent where they are not kept. */
  readonly matrix: Uint8Array | undefined;
  readonly views: EpochViews;
}

/** An image and its place in the matrix. */
interface Row {
  readonly image: ViewedExample;
  readonly place: number;
}

/** Rows `[height, width, channels]`, as the network takes them. */
export class PixelRows implements RowSource {
  readonly #plan: PixelRowsPlan;
  readonly #size: number;
  #rows: readonly Row[];

  constructor(plan: PixelRowsPlan) {
    const { size, channels } = plan.rules;
    this.#plan = plan;
    this.#size = size[0] * size[1] * channels;
    this.#rows = plan.images.map((image, place) => ({ image, place }));
  }

  async read(rows: readonly number[]): Promise<Float32Array> {
    const { matrix, rules } = this.#plan;
    const wanted = this.#find(rows);
    if (matrix !== undefined) return this.#preprocess(wanted.map(row => this.#pixelsOf(row, matrix)));
    const decode = ({ image }: Row) => decodePixels(image, rules);
    const pixels: Uint8Array[] = [];
    for await (const each of prefetch(wanted, decode, { count: imagesAhead })) {
      if (each.pixels === undefined) throw changed(each.image, each.reason);
      pixels.push(each.pixels);
    }
    return this.#preprocess(pixels);
  }

  get drawEpoch(): RowSource['drawEpoch'] {
    const { matrix, views } = this.#plan;
    const isChanged = Object.keys(views.augment).length > 0;
    if (matrix === undefined || (isChanged && views.ofFiles)) return request => this.#decodeEpoch(request);
    return isChanged ? request => this.#changeEpoch(request, matrix) : undefined;
  }

  slice(): undefined {
    return undefined;
  }

  reorder(order: readonly number[]): void {
    this.#rows = this.#find(order);
  }

  close(): void {
    // Nothing is open between two epochs.
  }

  /** In this thread: small images take less time to change than to hand on. */
  #changeEpoch({ epoch, batches }: EpochRequest, matrix: Uint8Array): AsyncIterable<Float32Array> {
    const { size, channels, resize } = this.#plan.rules;
    const [height, width] = size;
    const change = async (row: Row) => {
      const pixels = { data: this.#pixelsOf(row, matrix), height, width, channels };
      return (await viewPixels(pixels, this.#draw(row, epoch), resize.interpolation)).data;
    };
    const read = async (rows: readonly number[]) =>
      this.#preprocess(await Promise.all(this.#find(rows).map(change)));
    return prefetch(batches, read, { count: 1 });
  }

  /** In threads, which go on while a step keeps this one. */
  async *#decodeEpoch({ epoch, batches, signal }: EpochRequest): AsyncGenerator<Float32Array> {
    const rows = this.#find(batches.flat());
    const images = rows.map(row => ({ ...row.image, view: this.#draw(row, epoch) }));
    const { rules } = this.#plan;
    const arrays = arraysFor(rules);
    const results = decodeInThreads({ images, rules, taskOf: taskOfExample, signal }, arrays);
    const lengths = batches.map(({ length }) => length);
    let batch = new Float32Array();
    let filled = 0;
    for await (const { image, outcome } of results) {
      if (isBad(outcome)) throw changed(image, outcome.reason);
      if (filled === 0) batch = new Float32Array((lengths.shift() ?? 0) * this.#size);
      batch.set(outcome, filled);
      arrays.giveBack(outcome);
      filled += this.#size;
      if (filled < batch.length) continue;
      yield batch;
      filled = 0;
    }
  }

  #draw({ image }: Row, epoch: number): View {
    return drawEpochView(this.#plan.views, image.example, epoch);
  }

  #find(rows: readonly number[]): Row[] {
    return rows.flatMap(row => this.#rows[row] ?? []);
  }

  #pixelsOf({ place }: Row, matrix: Uint8Array): Uint8Array {
    return matrix.subarray(place * this.#size, (place + 1) * this.#size);
  }

  #preprocess(images: readonly Uint8Array[]): Float32Array {
    const all = new Float32Array(images.length * this.#size);
    const { preprocessing } = this.#plan.rules;
    for (const [i, pixels] of images.entries())
      preprocess(pixels, preprocessing, all.subarray(i * this.#size, (i + 1) * this.#size));
    return all;
  }
}

/** Images that are being decoded while one is waited for. */
export const imagesAhead = 8;

/** An image with its pixels, or with the reason why it has none. */
export type DecodedImage<Image> =
  | { readonly image: Image; readonly pixels: Uint8Array; readonly reason?: undefined }
  | { readonly image: Image; readonly pixels?: undefined; readonly reason: string };

/** Decodes an image as it is. */
export async function decodePixels<Image extends ViewedExample>(
  image: Image,
  rules: InputRules,
  onNarrowRange?: ReadOptions['onNarrowRange'],
): Promise<DecodedImage<Image>> {
  const [{ decodeImage }, { reasonOfBadImage }] = await loading();
  const { file, hash } = image.example;
  try {
    return { image, pixels: (await decodeImage(file, rules, { hash, onNarrowRange })).data };
  } catch (error) {
    return { image, reason: reasonOfBadImage(error) };
  }
}

/** The decoder takes a while to load: only where something is to be decoded. */
const loading = () => Promise.all([import('../data/decode.js'), import('../data/read-image.js')]);

function changed({ example }: ViewedExample, reason: string): FinetuneError {
  return new FinetuneError(
    'bad-data-set',
    `${example.path} could be read at first, and now cannot: ${reason}. Train again.`,
  );
}
