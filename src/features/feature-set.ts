// The features of a data set, by subset: in memory, or read from the feature store batch by batch.

import type { Subset } from '../data/data-set.js';
import type { BadImage } from '../events.js';
import type { ProcessorTimes } from '../system/processor-time.js';
import type { TrainingData } from '../training/data.js';
import type { RowSource } from './feature-rows.js';
import type { ViewedExample } from './run-images.js';

/** A subset's features, as training takes them, and what they are of. */
export interface SubsetFeatures extends TrainingData {
  /** Of each row: several rows are of one example where it was seen in several views. */
  readonly images: readonly ViewedExample[];
  readonly matrix: () => Float32Array | undefined;
}

/** What a row is of. */
export interface SubsetImage extends ViewedExample {
  readonly subset: Subset;
}

/** What was extracted. */
export interface ExtractedRows extends Pick<FeatureSet, 'shape' | 'bad' | 'computed' | 'profile'> {
  /** Of the rows, train before val before test. */
  readonly images: readonly SubsetImage[];
  readonly source: RowSource;
}

/** Features of the images that could be read. Close it: it may hold the feature store open. */
export class FeatureSet {
  /** Of one image's features, e.g. `[1280]` or `[14, 14, 512]`. */
  readonly shape: readonly number[];
  /** How many images have features. */
  readonly count: number;
  /** Images that could not be read, once for each file. */
  readonly bad: readonly BadImage[];
  /** How many images went through the base; the features of the others were in the store. */
  readonly computed: number;
  /** Seconds of processor time by step: `start`, `read`, `decode`, `preprocess`, `base`, `store`. */
  readonly profile: ProcessorTimes;
  readonly #images: readonly SubsetImage[];
  readonly #source: RowSource;

  constructor({ images, source, shape, bad, computed, profile }: ExtractedRows) {
    this.#images = images;
    this.#source = source;
    this.shape = shape;
    this.count = new Set(images.map(({ example }) => example)).size;
    this.bad = bad;
    this.computed = computed;
    this.profile = profile;
  }

  /** Features and labels of a subset, which may have no images. */
  subset(name: Subset): SubsetFeatures {
    const images = this.#images.filter(({ subset }) => subset === name);
    const start = Math.max(
      0,
      this.#images.findIndex(({ subset }) => subset === name),
    );
    return {
      images,
      labels: Int32Array.from(images, ({ example }) => example.label),
      shape: this.shape,
      read: rows => this.#source.read(rows.map(row => start + row)),
      matrix: () => this.#source.slice(start, start + images.length),
    };
  }

  /** Closes the feature store where features are read from it. Nothing can be read afterwards. */
  close(): void {
    this.#source.close();
  }
}
