// Images themselves as features: what a network that is trained from its input on learns from. Decoded once and kept as
// bytes where they fit in memory, else decoded batch by batch.

import { type DataSet, type Split, subsets } from '../data/data-set.js';
import { type InputRules, originalView, type Pixels } from '../data/image-rules.js';
import { preprocess } from '../data/preprocess.js';
import { showsPicture, shrinkToPicture } from '../data/small-picture.js';
import type { ValueRange } from '../data/value-range.js';
import { FinetuneError } from '../errors.js';
import type { BadImage } from '../events.js';
import type { Context } from '../system/context.js';
import { prefetch } from '../system/prefetch.js';
import { validateClasses } from './class-check.js';
import { machineMemory, type RowSource } from './feature-rows.js';
import { FeatureSet, type SubsetImage } from './feature-set.js';
import { KnownPictures } from './known-pictures.js';

/** Whose pixels. */
export interface PixelRequest {
  readonly dataSet: Pick<DataSet, 'classNames'>;
  readonly split: Split;
  readonly rules: InputRules;
  /** The feature store's folder, which keeps the pictures by which copies are found. */
  readonly store: string;
  /** Pixels that take more bytes than this are decoded again for each epoch; a quarter of the memory by default. */
  readonly memoryBudget?: number | undefined;
}

/**
 * Reads every image of a split. Rows are as the network takes them, `[height, width, channels]`, preprocessed.
 * @throws FinetuneError `bad-data-set` when bad images left a class without training images; the signal's reason once
 * it is aborted
 */
export async function readPixels(request: PixelRequest, context: Context): Promise<FeatureSet> {
  const { split, rules, memoryBudget = machineMemory() / 4 } = request;
  const images = subsets.flatMap(subset =>
    split[subset].map(example => ({ subset, example, view: originalView })),
  );
  const size = rules.size[0] * rules.size[1] * rules.channels;
  const matrix = images.length * size <= memoryBudget ? new Uint8Array(images.length * size) : undefined;
  const pictures = new KnownPictures(request.store);
  const decoding = { matrix, size, rules, pictures };
  const { kept, bad, narrowRanges } = await decodeAll(images, decoding, context).finally(() =>
    pictures.close(),
  );
  validateClasses(kept, bad, request.dataSet);
  return new FeatureSet({
    images: kept,
    source: matrix === undefined ? fromFiles(kept, rules) : fromMemory(matrix, size, rules),
    ...{ bad, narrowRanges, shape: [...rules.size, rules.channels], computed: kept.length, profile: {} },
  });
}

interface Decoding {
  /** Takes the pixels of good images, one after the other; absent where they are only looked at. */
  readonly matrix: Uint8Array | undefined;
  readonly size: number;
  readonly rules: InputRules;
  readonly pictures: KnownPictures;
}

/** Images that are being read while one is put in its place. */
const imagesAhead = 8;

async function decodeAll(
  images: readonly SubsetImage[],
  { matrix, size, rules, pictures }: Decoding,
  { emit, signal }: Context,
): Promise<{ kept: SubsetImage[]; bad: BadImage[]; narrowRanges: Map<string, ValueRange> }> {
  const kept: SubsetImage[] = [];
  const bad: BadImage[] = [];
  const narrowRanges = new Map<string, ValueRange>();
  let done = 0;
  const read = (image: SubsetImage) =>
    decode(image, rules, range => narrowRanges.set(image.example.path, range));
  for await (const { image, pixels, reason } of prefetch(images, read, {
    ...{ count: imagesAhead, signal },
  })) {
    if (pixels === undefined) bad.push({ path: image.example.path, reason });
    else {
      matrix?.set(pixels, kept.length * size);
      if (showsPicture(rules, originalView))
        pictures.add(image.example, shrinkToPicture(pixelsOf(pixels, rules)));
      kept.push(image);
    }
    emit({ type: 'decode', done: ++done, total: images.length });
  }
  return { kept, bad, narrowRanges };
}

function pixelsOf(data: Uint8Array, { size: [height, width], channels }: InputRules): Pixels {
  return { data, height, width, channels };
}

type Decoded =
  | { readonly image: SubsetImage; readonly pixels: Uint8Array; readonly reason?: undefined }
  | { readonly image: SubsetImage; readonly pixels?: undefined; readonly reason: string };

async function decode(
  image: SubsetImage,
  rules: InputRules,
  onNarrowRange?: (range: ValueRange) => void,
): Promise<Decoded> {
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

function fromMemory(matrix: Uint8Array, size: number, { preprocessing }: InputRules): RowSource {
  let places: readonly number[] | undefined;
  return {
    read(rows) {
      const chosen = new Uint8Array(rows.length * size);
      for (const [i, row] of rows.entries()) {
        const place = places?.[row] ?? row;
        chosen.set(matrix.subarray(place * size, (place + 1) * size), i * size);
      }
      return preprocess(chosen, preprocessing);
    },
    slice: () => undefined,
    reorder(order) {
      const before = places;
      places = order.map(row => before?.[row] ?? row);
    },
    close: () => undefined,
  };
}

function fromFiles(kept: readonly SubsetImage[], rules: InputRules): RowSource {
  let images = kept;
  const size = rules.size[0] * rules.size[1] * rules.channels;
  return {
    async read(rows) {
      const chosen = new Float32Array(rows.length * size);
      const wanted = rows.flatMap(row => images[row] ?? []);
      let at = 0;
      for await (const { image, pixels, reason } of prefetch(wanted, image => decode(image, rules), {
        count: imagesAhead,
      })) {
        if (pixels === undefined) throw changed(image.example.path, reason);
        preprocess(pixels, rules.preprocessing, chosen.subarray(at, at + size));
        at += size;
      }
      return chosen;
    },
    slice: () => undefined,
    reorder(order) {
      const before = images;
      images = order.flatMap(row => before[row] ?? []);
    },
    close: () => undefined,
  };
}

function changed(path: string, reason: string): FinetuneError {
  return new FinetuneError(
    'bad-data-set',
    `${path} could be read at first, and now cannot: ${reason}. Train again.`,
  );
}
