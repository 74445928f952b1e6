// Every image through the frozen base, once per view; what was seen before comes from the feature store.

import { setImmediate } from 'node:timers/promises';
import { type DataSet, type Example, type Split, type Subset, subsets } from '../data/data-set.js';
import { originalView, type View } from '../data/image-rules.js';
import type { BadImage } from '../events.js';
import type { Context } from '../system/context.js';
import { addTimes, type ProcessorTimes, ThreadClock } from '../system/processor-time.js';
import { takeTemporaryProblem } from '../system/temporary-folder.js';
import { readProcessorTime } from '../system/timer.js';
import type { Base } from './base.js';
import { validateClasses } from './class-check.js';
import type { DamageFindings } from './damage-sample.js';
import { type FeatureRows, planRows } from './feature-rows.js';
import { FeatureSet, type SubsetImage } from './feature-set.js';
import { KnownPictures } from './known-pictures.js';
import { KnownRanges } from './known-ranges.js';
import type { PrecisionRequest } from './precision.js';
import { isBad, type ViewedExample } from './run-images.js';
import type { BaseRuntime } from './runtime.js';
import { FeatureStore, rowKey } from './store.js';

/** The same views of all images, or of each its own. */
export type Views = readonly View[] | ((example: Example) => readonly View[]);

/** What is extracted, and by what. */
export interface Extraction {
  readonly base: Pick<Base, 'featureShape' | 'fingerprint' | 'preprocessingHash'>;
  readonly runtime: BaseRuntime;
  readonly dataSet: Pick<DataSet, 'classNames'>;
  readonly split: Split;
  /** How the images of a subset are seen; as they are, where nothing is said. */
  readonly views?: Readonly<Partial<Record<Subset, Views>>> | undefined;
  /** The feature store's folder. */
  readonly store: string;
  /** Features that take more bytes than this are read from the store; a quarter of the memory where nothing is said. */
  readonly memoryBudget?: number | undefined;
  /** Takes what is found inside JPEGs that go through the base; where it is missing, none is looked at. */
  readonly damage?: DamageFindings | undefined;
}

/**
 * Computes or looks up the features of a split. Close what it gives.
 * @throws FinetuneError `bad-data-set` when bad images left a class without training images, `bad-option` when features
 * fit neither in memory nor in the store; the signal's reason once it is aborted
 */
export async function extractFeatures(extraction: Extraction, context: Context): Promise<FeatureSet> {
  const { base, runtime, memoryBudget } = extraction;
  const work = new ExtractionWork(extraction, context);
  const images = listImages(extraction);
  const keys = images.map(keyOf);
  const size = base.featureShape.reduce((product, length) => product * length, 1);
  try {
    const rows = planRows({ keys, size, store: work.store, memoryBudget, emit: context.emit });
    const missing = await work.lookUp(rows, uniqueByKey(images));
    const failures = await work.compute(rows, missing);
    const problem = takeTemporaryProblem();
    if (problem !== undefined) context.emit({ type: 'warning', message: problem });
    const narrowRanges = work.ranges.of(images.map(({ example }) => example));
    const { filled, source } = rows.finish();
    work.clock.mark('store');
    const bad = listBad(images, failures);
    const kept = images.filter((_, place) => filled[place]);
    validateClasses(kept, bad, extraction.dataSet);
    return new FeatureSet({
      images: kept,
      ...{ source, bad, narrowRanges, shape: base.featureShape, computed: missing.length - failures.size },
      profile: work.profile(feedsDevice(runtime), missing.length > 0),
    });
  } catch (error) {
    work.store.close();
    throw error;
  } finally {
    work.ranges.close();
    work.pictures.close();
  }
}

/**
 * How many images have no features in the store, as they are or in views.
 * @param precision the fingerprint of the precision in which the base would run
 */
export function countMissing(
  { base, split, store: dir, views }: Pick<Extraction, 'base' | 'split' | 'store' | 'views'>,
  precision: string,
): number {
  const store = new FeatureStore({ dir, base: storeKeyOf(base, precision), emit: () => undefined });
  try {
    return uniqueByKey(listImages({ split, views })).filter(
      image => store.countOf(keyOf(image)) === undefined,
    ).length;
  } finally {
    store.close();
  }
}

/** What choosing a runtime has to know of a split whose features are wanted as they are. */
export function describeWork(
  work: Pick<Extraction, 'base' | 'split' | 'store'>,
): Pick<PrecisionRequest, 'train' | 'images' | 'countMissing'> {
  const { split } = work;
  return {
    train: split.train,
    images: subsets.flatMap(subset => split[subset]),
    countMissing: precision => countMissing(work, precision),
  };
}

/** Everything that features depend on beside the image and its view. */
function storeKeyOf({ preprocessingHash, fingerprint }: Extraction['base'], precision: string): string {
  return JSON.stringify([preprocessingHash, fingerprint, precision]);
}

/** In the order in which their features lie, so that each subset's are one part of the matrix. */
function listImages({ split, views }: Pick<Extraction, 'split' | 'views'>): SubsetImage[] {
  return subsets.flatMap(subset => {
    const seen = views?.[subset] ?? [originalView];
    return split[subset].flatMap(example =>
      (typeof seen === 'function' ? seen(example) : seen).map(view => ({ subset, example, view })),
    );
  });
}

function keyOf({ example, view }: ViewedExample): string {
  return rowKey(example.hash, view.key);
}

function uniqueByKey(images: readonly ViewedExample[]): ViewedExample[] {
  return [...new Map(images.map(image => [keyOf(image), image])).values()];
}

/** Whether this thread brings batches to a device other than the CPU: that is the base's time. */
function feedsDevice({ device }: BaseRuntime): boolean {
  return device !== undefined && device.name !== 'cpu';
}

/** The steps of an extraction, and where the processors' time goes meanwhile. */
class ExtractionWork {
  readonly store: FeatureStore;
  readonly ranges: KnownRanges;
  readonly pictures: KnownPictures;
  readonly clock = new ThreadClock();
  readonly #started = readProcessorTime();
  /** The times of other threads than this one. */
  readonly #times: Record<string, number> = {};

  constructor(
    readonly extraction: Extraction,
    readonly context: Context,
  ) {
    const { base, runtime, store: dir } = extraction;
    const { emit } = context;
    this.store = new FeatureStore({ dir, base: storeKeyOf(base, runtime.precision.fingerprint), emit });
    this.ranges = new KnownRanges(dir);
    this.pictures = new KnownPictures(dir);
  }

  /** Takes what the store has. @returns the other images */
  async lookUp(rows: FeatureRows, images: readonly ViewedExample[]): Promise<ViewedExample[]> {
    const missing: ViewedExample[] = [];
    for (const [i, image] of images.entries()) {
      // Reading keeps this thread: without a pause it would not hear of being stopped.
      if (i % imagesBetweenPauses === 0) await setImmediate();
      this.context.signal.throwIfAborted();
      if (!rows.take(keyOf(image))) missing.push(image);
    }
    this.clock.mark('store');
    return missing;
  }

  /** Runs the base on images. @returns why some of them could not be read, by key */
  async compute(rows: FeatureRows, images: readonly ViewedExample[]): Promise<Map<string, string>> {
    const failures = new Map<string, string>();
    if (images.length === 0) return failures;
    const { signal, emit } = this.context;
    const total = images.length;
    let done = 0;
    const { runtime, damage } = this.extraction;
    const results = runtime.run({ images, signal, times: this.#times, damage });
    for await (const { image, outcome, narrowRange, picture } of results) {
      this.clock.mark('other');
      if (isBad(outcome)) failures.set(keyOf(image), outcome.reason);
      else rows.set(keyOf(image), outcome);
      if (narrowRange !== undefined) this.ranges.add(image.example, narrowRange);
      if (picture !== undefined) this.pictures.add(image.example, picture);
      this.clock.mark('store');
      done += 1;
      emit({ type: 'features', done, total });
    }
    return failures;
  }

  /** Seconds of processor time by step (system/processor-time.ts says how they are told apart). */
  profile(onThisThread: boolean, hasDecoded: boolean): ProcessorTimes {
    this.clock.mark('other');
    const { other = 0, ...own } = this.clock.take();
    const all = { ...this.#times };
    addTimes(all, own);
    if (onThisThread) addTimes(all, { base: other });
    const known = Object.values(all).reduce((sum, seconds) => sum + seconds, onThisThread ? 0 : other);
    // Without images to decode it is this program's own.
    const rest = Math.max(0, readProcessorTime() - this.#started - known);
    addTimes(all, { [hasDecoded ? 'decode' : 'store']: rest });
    return all;
  }
}

const imagesBetweenPauses = 64;

function listBad(images: readonly ViewedExample[], failures: ReadonlyMap<string, string>): BadImage[] {
  const bad = images.flatMap((image): [string, BadImage][] => {
    const { path } = image.example;
    const reason = failures.get(keyOf(image));
    return reason === undefined ? [] : [[path, { path, reason }]];
  });
  return [...new Map(bad).values()];
}
