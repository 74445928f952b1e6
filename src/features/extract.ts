// Every image once through the frozen base; what was seen before comes from the feature store.

import type { Example } from '../data/data-set.js';
import type { BadImage, EmitEvent } from '../events.js';
import type { Base } from './base.js';
import type { BaseRuntime } from './base-runtime.js';
import { FeatureRows } from './feature-rows.js';
import { toFloats } from './store/record.js';
import { type FeatureStore, featureKey } from './store/store.js';

/** Features of the images that could be decoded. */
export interface ExtractedFeatures {
  readonly images: readonly Example[];
  /** `[images, size]`, row-major */
  readonly features: Float32Array;
  readonly size: number;
  readonly bad: readonly BadImage[];
  /** How many images went through the base in this call; the others came from the store. */
  readonly computed: number;
  /** Seconds by step, summed over all images and threads: `read`, `decode`, `preprocess`, `base`, `store`. */
  readonly profile: Readonly<Record<string, number>>;
}

export interface ExtractOptions {
  readonly runtime: BaseRuntime;
  readonly store: FeatureStore;
  readonly emit: EmitEvent;
}

/** Computes or looks up the features of `images`, in their order; closes the store. */
export async function extractFeatures(
  base: Base,
  images: readonly Example[],
  options: ExtractOptions,
): Promise<ExtractedFeatures> {
  const extraction = new Extraction(base, images, options);
  try {
    const missing = await extraction.lookUp(uniqueByContent(images));
    if (missing.length > 0) await extraction.compute(missing);
    const { rows, failures } = extraction;
    return {
      ...rows.compact(),
      bad: listBad(images, failures),
      computed: missing.length - failures.size,
      profile: extraction.profile,
    };
  } finally {
    await extraction.close();
  }
}

/** How many images the store lacks the features of, in the precision of a fingerprint. */
export function countMissing(
  store: FeatureStore,
  base: Base,
  images: readonly Example[],
  fingerprint: string,
): number {
  const isMissing = (image: Example) => !store.has(keyOf(image, base, fingerprint));
  return [...uniqueByContent(images)].filter(isMissing).length;
}

function keyOf({ hash }: Example, { preprocessingHash, fingerprint }: Base, precision: string): string {
  return featureKey({ imageHash: hash, preprocessingHash, baseHash: `${fingerprint} ${precision}` });
}

function uniqueByContent(images: readonly Example[]): Iterable<Example> {
  return new Map(images.map(image => [image.hash, image])).values();
}

function listBad(images: readonly Example[], failures: ReadonlyMap<string, string>): BadImage[] {
  return images.flatMap(({ path, hash }) => {
    const reason = failures.get(hash);
    return reason === undefined ? [] : [{ path, reason }];
  });
}

/** One extraction under way; images are known by their hash. */
class Extraction {
  readonly rows: FeatureRows;
  /** Why images could not be decoded. */
  readonly failures = new Map<string, string>();
  readonly profile: Record<string, number> = {};

  constructor(
    readonly base: Base,
    images: readonly Example[],
    readonly options: ExtractOptions,
  ) {
    this.rows = new FeatureRows(images);
  }

  /** Takes what the store has. @returns the other images */
  async lookUp(images: Iterable<Example>): Promise<Example[]> {
    const { store } = this.options;
    const missing: Example[] = [];
    for (const image of images) {
      const stored = this.#timed(() => store.get(this.#keyOf(image)));
      if (stored === undefined) missing.push(image);
      else this.rows.set(image.hash, stored);
      await store.releaseMemory();
    }
    return missing;
  }

  async compute(images: readonly Example[]): Promise<void> {
    const { runtime, store, emit } = this.options;
    let done = 0;
    for await (const { image, outcome, seconds } of runtime.run(images)) {
      if ('reason' in outcome) this.failures.set(image.hash, outcome.reason);
      else {
        this.rows.set(image.hash, toFloats(outcome));
        this.#timed(() => store.put(this.#keyOf(image), outcome));
        await store.releaseMemory();
      }
      for (const step of ['read', 'decode', 'preprocess', 'base']) this.#add(step, seconds[step] ?? 0);
      done += 1;
      emit({ type: 'features', done, total: images.length });
    }
  }

  async close(): Promise<void> {
    const started = performance.now();
    await this.options.store.close();
    this.#add('store', (performance.now() - started) / 1000);
  }

  #keyOf(image: Example): string {
    return keyOf(image, this.base, this.options.runtime.precision.fingerprint);
  }

  #timed<Result>(work: () => Result): Result {
    const started = performance.now();
    const result = work();
    this.#add('store', (performance.now() - started) / 1000);
    return result;
  }

  #add(step: string, seconds: number): void {
    this.profile[step] = (this.profile[step] ?? 0) + seconds;
  }
}
