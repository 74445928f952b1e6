// The space in which a linear head's weights are sought: as many dimensions as there are features or images, whichever
// is fewer. L2 does not mind rotations, so the optimum's weights are a mix of the (scaled) images, `W = X' A`: with
// fewer images than features the mix A is sought, and all that is needed of X are the images' products with each
// other. That is exact, and on 600 images of VGG16's 25,088 flattened features it is 40 times less work.

import * as tf from '@tensorflow/tfjs-core';
import { type Scaling, scaleRows } from './scaling.js';

/** Coordinates of `outputs` linear functions of the scaled features are `[outputs, size]`, row-major. */
export interface FeatureSpace {
  /** Dimensions of the features. */
  readonly features: number;
  /** Dimensions of the space. */
  readonly size: number;
  /** Values of the linear functions on all images: `[outputs, images]`. */
  project(coordinates: Float64Array): Float32Array;
  /** `|W|^2` of the weights that the coordinates stand for. */
  squaredNorm(coordinates: Float64Array, projected: Float32Array): number;
  /**
   * Derivative of `sum(residuals * project(coordinates)) + l2 / 2 |W|^2` by the coordinates, and as a direction
   * the coordinates of its derivative by W: so that a search walks the same path in both kinds of coordinates.
   * @param residuals `[outputs, images]`
   */
  differentiate(
    residuals: Float32Array,
    coordinates: Float64Array,
    projected: Float32Array,
    l2: number,
  ): { gradient: Float64Array; direction: Float64Array };
  /** W of scaled features: `[features, outputs]`. */
  weightsOf(coordinates: Float64Array): Float32Array;
  /** Frees the space's tensors. */
  dispose(): void;
}

/**
 * @param features `[images, d]`, raw
 * @returns a space that owns tensors: dispose it
 */
export function openFeatureSpace(features: Float32Array, scaling: Scaling): FeatureSpace {
  const size = scaling.mean.length;
  const images = features.length / size;
  return images < size ? imageMixes(features, scaling, images) : plainWeights(features, scaling, images);
}

/** Coordinates are the weights themselves. */
function plainWeights(features: Float32Array, scaling: Scaling, images: number): FeatureSpace {
  const size = scaling.mean.length;
  const rows = Array.from({ length: images }, (_, row) => row);
  const scaled = tf.tensor2d(scaleRows(features, scaling, rows), [images, size]);
  return {
    features: size,
    size,
    project: weights =>
      // The images on the left: the right operand is what the wasm backend repacks, or keeps packed.
      compute(() => tf.transpose(tf.matMul(scaled, tf.transpose(matrix(weights, size))))),
    squaredNorm: weights => dot(weights, weights),
    differentiate(residuals, weights, _projected, l2) {
      const products = compute(() => tf.matMul(matrix(residuals, images), scaled));
      const gradient = addScaled(products, l2, weights);
      return { gradient, direction: gradient };
    },
    weightsOf: weights => compute(() => tf.transpose(matrix(weights, size))),
    dispose: () => scaled.dispose(),
  };
}

/** Coordinates are amounts of images. */
function imageMixes(features: Float32Array, scaling: Scaling, images: number): FeatureSpace {
  const gram = computeGram(features, scaling, images); // [images, images], symmetric
  const project = (mixes: Float64Array | Float32Array): Float32Array =>
    compute(() => tf.matMul(matrix(mixes, images), gram));
  return {
    features: scaling.mean.length,
    size: images,
    project,
    squaredNorm: dot,
    differentiate: (residuals, mixes, projected, l2) => ({
      gradient: addScaled(project(residuals), l2, projected),
      direction: addScaled(residuals, l2, mixes),
    }),
    weightsOf: mixes => mixImages(mixes, features, scaling, images),
    dispose: () => gram.dispose(),
  };
}

/** Products of all scaled images with each other, by strips of features: never all of them as a tensor. */
function computeGram(features: Float32Array, scaling: Scaling, images: number): tf.Tensor2D {
  let gram = tf.zeros<tf.Rank.R2>([images, images]);
  for (const strip of strips(features, scaling, images)) {
    const sum = tf.tidy(() => {
      const scaled = matrix(strip, strip.length / images);
      return tf.add<tf.Tensor2D>(gram, tf.matMul(scaled, tf.transpose(scaled)));
    });
    gram.dispose();
    gram = sum;
  }
  return gram;
}

function mixImages(
  mixes: Float64Array,
  features: Float32Array,
  scaling: Scaling,
  images: number,
): Float32Array {
  const parts: Float32Array[] = [];
  for (const strip of strips(features, scaling, images)) {
    const scaled = () => matrix(strip, strip.length / images);
    parts.push(compute(() => tf.transpose(tf.matMul(matrix(mixes, images), scaled()))));
  }
  const weights = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    weights.set(part, at);
    at += part.length;
  }
  return weights;
}

const stripBytes = 2 ** 26;

/** The scaled features by strips of columns: `[images, width]` each. */
function* strips(features: Float32Array, scaling: Scaling, images: number): Generator<Float32Array> {
  const size = scaling.mean.length;
  const rows = Array.from({ length: images }, (_, row) => row);
  const width = Math.max(1, Math.floor(stripBytes / 4 / images));
  for (let from = 0; from < size; from += width) {
    yield scaleRows(features, scaling, rows, from, Math.min(size, from + width));
  }
}

function matrix(values: Float64Array | Float32Array, columns: number): tf.Tensor2D {
  return tf.tensor2d(
    values instanceof Float32Array ? values : Float32Array.from(values),
    [values.length / columns, columns],
    'float32',
  );
}

/** The values are read outside of `tidy`, which would look for tensors in each of them. */
function compute(product: () => tf.Tensor): Float32Array {
  const tensor = tf.tidy(product);
  const values = tensor.dataSync<'float32'>();
  tensor.dispose();
  return values;
}

/** `a + amount * b` */
function addScaled(a: Float32Array, amount: number, b: Float32Array | Float64Array): Float64Array {
  const sum = new Float64Array(a.length);
  for (let i = 0; i < sum.length; i++) sum[i] = a[i]! + amount * b[i]!;
  return sum;
}

function dot(a: Float64Array, b: Float32Array | Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
