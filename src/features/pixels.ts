// Images themselves as features: what a network that is trained from its input on learns from. Decoded once and kept as
// bytes where they fit in memory.

import { type DataSet, type Split, subsets } from '../data/data-set.js';
import { type InputRules, originalView, type Pixels } from '../data/image-rules.js';
import { showsPicture, shrinkToPicture } from '../data/small-picture.js';
import type { ValueRange } from '../data/value-range.js';
import type { BadImage } from '../events.js';
import type { Context } from '../system/context.js';
import { prefetch } from '../system/prefetch.js';
import type { Base } from './base.js';
import { validateClasses } from './class-check.js';
import { machineMemory } from './feature-rows.js';
import { FeatureSet, type SubsetImage } from './feature-set.js';
import { KnownPictures } from './known-pictures.js';
import { decodePixels, type EpochViews, imagesAhead, PixelRows } from './pixel-rows.js';

/** Whose pixels. */
export interface PixelRequest {
  readonly dataSet: Pick<DataSet, 'classNames'>;
  readonly split: Split;
  /** The bare input. */
  readonly base: Pick<Base, 'network' | 'rules'>;
  /** How epochs see training images. */
  readonly views: EpochViews;
  /** The feature store's folder, which keeps the pictures by which copies are found. */
  readonly store: string;
  /** Pixels that take more bytes than this are decoded again whenever they are read; a quarter of the memory by default. */
  readonly memoryBudget?: number | undefined;
}

/**
 * Reads every image of a split. Rows are as the network takes them, `[height, width, channels]`, preprocessed.
 * @throws FinetuneError `bad-data-set` when bad images left a class without training images; the signal's reason once
 * it is aborted
 */
export async function readPixels(request: PixelRequest, context: Context): Promise<FeatureSet> {
  const { split, base, views, memoryBudget = machineMemory() / 4 } = request;
  const { rules } = base;
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
    source: new PixelRows({ images: kept, rules, matrix, views }),
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
    decodePixels(image, rules, range => narrowRanges.set(image.example.path, range));
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
