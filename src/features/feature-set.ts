// The features of a data set, by subset: in memory, or read from the feature store batch by batch.

import { type Split, type Subset, subsets } from '../data/data-set.js';
import { splitKeyOf } from '../data/split.js';
import type { ValueRange } from '../data/value-range.js';
import type { BadImage } from '../events.js';
import { elementCount } from '../network/source.js';
import { joinArrays } from '../system/join-arrays.js';
import type { ProcessorTimes } from '../system/processor-time.js';
import type { FeatureGroup, TrainingData } from '../training/data.js';
import type { RowSource } from './feature-rows.js';
import type { ViewedExample } from './run-images.js';

/** A subset's features, as training takes them, and what they are of. */
export interface SubsetFeatures extends TrainingData {
  /** The image of each row: several rows are of one example where it was seen in several views. */
  readonly images: readonly ViewedExample[];
  readonly matrix: () => Float32Array | undefined;
}

/** What a row is of. */
export interface SubsetImage extends ViewedExample {
  readonly subset: Subset;
}

/** What was extracted. */
export interface ExtractedRows
  extends Pick<FeatureSet, 'shape' | 'bad' | 'narrowRanges' | 'computed' | 'profile'> {
  /** The images of the rows, train before val before test. */
  readonly images: readonly SubsetImage[];
  readonly source: RowSource;
}

/** Features of the images that could be read. Close it: it may hold the feature store open. */
export class FeatureSet {
  /** The shape of one image's features, e.g. `[1280]` or `[14, 14, 512]`. */
  readonly shape: readonly number[];
  /** How many images have features. */
  readonly count: number;
  /** Images that could not be read, once for each file. */
  readonly bad: readonly BadImage[];
  /** The ranges of 16-bit images that use a small part of what is possible, by path. */
  readonly narrowRanges: ReadonlyMap<string, ValueRange>;
  /** How many images went through the base; the features of the others were in the store. */
  readonly computed: number;
  /** Seconds of processor time by step: `start`, `read`, `decode`, `preprocess`, `base`, `store`. */
  readonly profile: ProcessorTimes;
  readonly #images: readonly SubsetImage[];
  readonly #source: RowSource;
  readonly #groups: readonly FeatureGroup[] | undefined;

  constructor(
    { images, source, shape, bad, narrowRanges, computed, profile }: ExtractedRows,
    groups?: readonly FeatureGroup[],
  ) {
    this.#images = images;
    this.#source = source;
    this.#groups = groups;
    this.shape = shape;
    this.count = new Set(images.map(({ example }) => example)).size;
    this.bad = bad;
    this.narrowRanges = narrowRanges;
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
      groups: this.#groups,
      splitKeys: images.map(({ example }) => splitKeyOf(example)),
      views: groupViews(images),
      read: rows => this.#source.read(rows.map(row => start + row)),
      // They come first, so that they are numbered as in the source.
      drawEpoch: name === 'train' ? this.#source.drawEpoch : undefined,
      matrix: () => this.#source.slice(start, start + images.length),
    };
  }

  /**
   * The same images with features in groups, of which the last ones may be left out.
   * @param groups together no more features than there are
   */
  using(groups: readonly FeatureGroup[]): FeatureSet {
    const size = groups.reduce((sum, group) => sum + group.size, 0);
    const source = size === elementCount(this.shape) ? this.#source : new FirstColumns(this.#source, size);
    return new FeatureSet({ ...this.#known(), images: this.#images, source, shape: [size] }, groups);
  }

  /**
   * The same rows with images in other subsets. Both read the same source: whichever is closed closes it.
   * @param subsetOf where an image belongs; undefined leaves it out
   */
  assign(subsetOf: (image: SubsetImage) => Subset | undefined): FeatureSet {
    const order: number[] = [];
    const images: SubsetImage[] = [];
    for (const subset of subsets) {
      for (const [row, image] of this.#images.entries()) {
        if (subsetOf(image) !== subset) continue;
        order.push(row);
        images.push({ ...image, subset });
      }
    }
    const source = new ChosenRows(this.#source, order);
    return new FeatureSet({ ...this.#known(), images, source }, this.#groups);
  }

  #known(): Omit<ExtractedRows, 'images' | 'source'> {
    const { shape, bad, narrowRanges, computed, profile } = this;
    return { shape, bad, narrowRanges, computed, profile };
  }

  /**
   * The same rows under another split of the same images, which takes the place of this one.
   * @param split of examples by the same paths, each in one view
   */
  divide(split: Split): FeatureSet {
    const rowOf = new Map(this.#images.map(({ example: { path } }, row) => [path, row] as const));
    const order: number[] = [];
    const images: SubsetImage[] = [];
    for (const subset of subsets) {
      for (const example of split[subset]) {
        const row = rowOf.get(example.path);
        const known = row === undefined ? undefined : this.#images[row];
        // A bad image has none.
        if (row === undefined || known === undefined) continue;
        order.push(row);
        images.push({ ...known, subset, example });
      }
    }
    this.#source.reorder(order);
    return new FeatureSet({ ...this.#known(), images, source: this.#source }, this.#groups);
  }

  /** Closes the feature store where features are read from it. Nothing can be read afterwards. */
  close(): void {
    this.#source.close();
  }
}

/** Rows of the same example; nothing where every row is of another one. */
function groupViews(images: readonly ViewedExample[]): number[][] | undefined {
  const rows = new Map<object, number[]>();
  for (const [row, { example }] of images.entries()) {
    const others = rows.get(example);
    if (others) others.push(row);
    else rows.set(example, [row]);
  }
  return rows.size < images.length ? [...rows.values()] : undefined;
}

/** Some rows of a source, in an order of their own. */
class ChosenRows implements RowSource {
  readonly drawEpoch: RowSource['drawEpoch'];
  #rows: readonly number[];

  constructor(
    readonly source: RowSource,
    rows: readonly number[],
  ) {
    this.#rows = rows;
    const draw = source.drawEpoch;
    this.drawEpoch =
      draw && (request => draw({ ...request, batches: request.batches.map(batch => this.#find(batch)) }));
  }

  read(rows: readonly number[]): Float32Array | Promise<Float32Array> {
    return this.source.read(this.#find(rows));
  }

  slice(start: number, end: number): Float32Array | undefined {
    const rows = this.#rows.slice(start, end).map(row => this.source.slice(row, row + 1));
    const whole = rows.flatMap(row => row ?? []);
    return whole.length < rows.length ? undefined : joinArrays(whole);
  }

  reorder(order: readonly number[]): void {
    this.#rows = this.#find(order);
  }

  close(): void {
    this.source.close();
  }

  #find(rows: readonly number[]): number[] {
    return rows.flatMap(row => this.#rows[row] ?? []);
  }
}

/** The first numbers of every row. */
class FirstColumns implements RowSource {
  constructor(
    readonly source: RowSource,
    readonly size: number,
  ) {}

  async read(rows: readonly number[]): Promise<Float32Array> {
    return this.#narrow(await this.source.read(rows), rows.length);
  }

  slice(start: number, end: number): Float32Array | undefined {
    const whole = this.source.slice(start, end);
    return whole && this.#narrow(whole, end - start);
  }

  reorder(order: readonly number[]): void {
    this.source.reorder(order);
  }

  close(): void {
    this.source.close();
  }

  #narrow(whole: Float32Array, rows: number): Float32Array {
    const narrow = new Float32Array(rows * this.size);
    const width = whole.length / Math.max(1, rows);
    for (let row = 0; row < rows; row++) {
      narrow.set(whole.subarray(row * width, row * width + this.size), row * this.size);
    }
    return narrow;
  }
}
