// Made-up features with a known answer: a class is a random centre, its images lie around it.

import { dataInMemory, type TrainingData } from '../../src/training/data.js';
import { seededRandom } from '../../src/training/random.js';

export interface ClusterOptions {
  readonly perClass: number;
  readonly classes: number;
  readonly size: number;
  /** Distance of images from their centre; the centres are about 1 apart per dimension. */
  readonly spread: number;
  readonly seed?: number;
}

/** The classes' images in turn; another seed draws other images of the same classes. */
export function drawClusters({ perClass, classes, size, spread, seed = 2 }: ClusterOptions): {
  features: number[][];
  labels: number[];
} {
  const [place, scatter] = [seededRandom(1), seededRandom(seed)];
  const centres = Array.from({ length: classes }, () => Array.from({ length: size }, () => 2 * place()));
  const labels = Array.from({ length: perClass * classes }, (_, i) => i % classes);
  const features = labels.map(label => centres[label]!.map(at => at + spread * (2 * scatter() - 1)));
  return { features, labels };
}

/** The same as training data. */
export function clusterData(options: ClusterOptions): TrainingData {
  const { features, labels } = drawClusters(options);
  return dataInMemory(Float32Array.from(features.flat()), Int32Array.from(labels), [options.size]);
}

/** The same data as if it did not fit in memory. */
export function outOfMemory(data: TrainingData): TrainingData {
  return { labels: data.labels, shape: data.shape, read: rows => Promise.resolve(data.read(rows)) };
}
