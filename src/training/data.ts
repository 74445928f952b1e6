// What is trained on: labels, and features that are read by rows, out of memory or out of the feature store.

import { elementCount } from '../network/source.js';

/** Features of some images at the cut, with their labels. What does not fit in memory is read batch by batch. */
export interface TrainingData {
  /** Per image, an index into the class names. */
  readonly labels: Int32Array;
  /** The shape of one image's features, e.g. `[1280]` or `[14, 14, 512]`. */
  readonly shape: readonly number[];
  /** The features of the given images, one after the other: `[rows.length, ...shape]`. */
  read(rows: readonly number[]): Float32Array | Promise<Float32Array>;
  /**
   * The same, as one epoch sees it: images are changed in ways that are drawn for that epoch. Absent: every epoch sees
   * what `read` gives.
   */
  readonly drawEpoch?: ((request: EpochRequest) => AsyncIterable<Float32Array>) | undefined;
  /** The features of all images, `[labels.length, ...shape]`, where they are in memory. Not to be changed. */
  matrix?(): Float32Array | undefined;
  /**
   * Rows of the same image, seen in several views: an epoch takes one of them, and what a solved head says of an image
   * is the average over them. Absent: every row is an image.
   */
  readonly views?: readonly (readonly number[])[] | undefined;
  /**
   * Per row, what all rows have in common that are held out together: views of an image, its copies, its group. Absent:
   * views alone are.
   */
  readonly splitKeys?: readonly (string | number)[] | undefined;
  /** What the features are made of, in order: each group is scaled as a whole. Absent: one group. */
  readonly groups?: readonly FeatureGroup[] | undefined;
}

/** What an epoch wants to see. */
export interface EpochRequest {
  /** From 1. */
  readonly epoch: number;
  /** Rows, in the order in which their features are wanted. */
  readonly batches: readonly (readonly number[])[];
  readonly signal: AbortSignal;
}

/** Features that belong together: the pooled output of one layer. */
export interface FeatureGroup {
  /** How many there are. */
  readonly size: number;
  /** What they are multiplied with once their mean variance is 1. */
  readonly weight: number;
}

/** What a fit sees: it learns from `train`; `val` decides when to stop and which epoch to keep. */
export interface FitData {
  readonly train: TrainingData;
  /** May have no images. */
  readonly val: TrainingData;
}

/**
 * Features in memory as training data.
 * @param features `[labels.length, ...shape]`, row-major
 */
export function dataInMemory(
  features: Float32Array,
  labels: Int32Array,
  shape: readonly number[],
): TrainingData {
  const size = elementCount(shape);
  return {
    labels,
    shape,
    matrix: () => features,
    read: rows => copyRows(features, size, rows),
  };
}

function copyRows(matrix: Float32Array, size: number, rows: readonly number[]): Float32Array {
  const chosen = new Float32Array(rows.length * size);
  rows.forEach((row, i) => {
    chosen.set(matrix.subarray(row * size, (row + 1) * size), i * size);
  });
  return chosen;
}

/**
 * What is predicted of images, from what is predicted of their rows: the mean over the views of an image.
 * @param probabilities `[rows, classes]`
 * @returns `[images, classes]`, and the images' labels
 */
export function averageViews(
  probabilities: Float32Array,
  { labels, views }: Pick<TrainingData, 'labels' | 'views'>,
): { readonly probabilities: Float32Array; readonly labels: Int32Array } {
  if (views === undefined) return { probabilities, labels };
  const classes = probabilities.length / labels.length;
  const averages = new Float32Array(views.length * classes);
  for (const [image, rows] of views.entries()) {
    for (const row of rows) {
      for (let k = 0; k < classes; k++) {
        averages[image * classes + k]! += probabilities[row * classes + k]! / rows.length;
      }
    }
  }
  return { probabilities: averages, labels: Int32Array.from(views, ([row = 0]) => labels[row] ?? 0) };
}

/** Some rows of features as training data of their own; what is in memory stays there, as a copy. */
export function selectRows(data: TrainingData, rows: readonly number[]): TrainingData {
  const { labels, shape, views, splitKeys, groups } = data;
  const placeOf = new Map(rows.map((row, place) => [row, place]));
  const kept = views?.map(ofImage => ofImage.flatMap(row => placeOf.get(row) ?? []));
  const whole = data.matrix?.();
  const matrix = whole && copyRows(whole, elementCount(shape), rows);
  return {
    ...{ shape, groups, labels: Int32Array.from(rows, row => labels[row] ?? 0) },
    views: kept?.filter(ofImage => ofImage.length > 0),
    splitKeys: splitKeys && rows.map(row => splitKeys[row] ?? row),
    read: chosen => data.read(chosen.map(row => rows[row] ?? 0)),
    matrix: () => matrix,
  };
}

/** Rows in groups of `size`, the last one smaller. */
export function* groupRows(rows: readonly number[], size: number): Generator<readonly number[]> {
  for (let from = 0; from < rows.length; from += size) yield rows.slice(from, from + size);
}

/** Rows of one image's features that are worth reading together: 32 MB of them, at most 256. */
export function rowsAtOnce({ shape }: Pick<TrainingData, 'shape'>): number {
  return Math.max(1, Math.min(256, Math.floor(2 ** 23 / elementCount(shape))));
}

/** All features in order: at once where they are in memory, else in blocks of whole rows. */
export async function* readInOrder(data: TrainingData): AsyncGenerator<Float32Array> {
  const matrix = data.matrix?.();
  if (matrix !== undefined) {
    yield matrix;
    return;
  }
  for (const rows of groupRows([...data.labels.keys()], rowsAtOnce(data))) yield await data.read(rows);
}
