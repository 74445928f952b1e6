// The space in which a linear head's weights are sought: as many dimensions as there are features or images, whichever
// is fewer. L2 does not mind rotations, so the optimum's weights are a mix of the (scaled) images, `W = X' A`: with
// fewer images than features the mix A is sought, and all that is needed of X are the images' products with each
// other. That is exact, and on 600 images of VGG16's 25,088 flattened features it is 40 times less work.

import { tf } from '../../engines/tfjs.js';
import { type Scaling, scaleColumns } from '../scaling.js';
import { computeGram, matrix, type ScaledImages, strips } from './gram.js';
import { addScaled, dot } from './vectors.js';

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
   */
  differentiate(at: Differentiated): { gradient: Float64Array; direction: Float64Array };
  /** W of scaled features: `[features, outputs]`. */
  weightsOf(coordinates: Float64Array): Float32Array;
  /** Frees the space's tensors. */
  dispose(): void;
}

/** Where a derivative is wanted. */
export interface Differentiated {
  /** `[outputs, images]` */
  readonly residuals: Float32Array;
  readonly coordinates: Float64Array;
  /** `project(coordinates)` */
  readonly projected: Float32Array;
  readonly l2: number;
}

/**
 * @param features `[images, d]`, raw
 * @param gramOf multiplies all images with each other, where there are fewer than features
 * @returns a space that owns tensors: dispose it
 */
export function openFeatureSpace(
  features: Float32Array,
  scaling: Scaling,
  gramOf: (images: ScaledImages) => tf.Tensor2D = computeGram,
): FeatureSpace {
  const size = scaling.mean.length;
  const images = features.length / size;
  const scaled = { features, scaling, images };
  return images < size ? imageMixes(scaled, gramOf(scaled)) : plainWeights(scaled);
}

/** Coordinates are the weights themselves. */
function plainWeights({ features, scaling, images }: ScaledImages): FeatureSpace {
  const size = scaling.mean.length;
  const scaled = tf.tensor2d(scaleColumns(features, scaling), [images, size]);
  return {
    features: size,
    size,
    project: weights =>
      // The images on the left: the right operand is what the wasm backend repacks, or keeps packed.
      compute(() => tf.transpose(tf.matMul(scaled, tf.transpose(matrix(weights, size))))),
    squaredNorm: weights => dot(weights, weights),
    differentiate({ residuals, coordinates, l2 }) {
      const products = compute(() => tf.matMul(matrix(residuals, images), scaled));
      const gradient = addScaled(Float64Array.from(products), l2, coordinates);
      return { gradient, direction: gradient };
    },
    weightsOf: weights => compute(() => tf.transpose(matrix(weights, size))),
    dispose: () => scaled.dispose(),
  };
}

/** Coordinates are amounts of images. @param gram their products with each other, which are the space's from now on */
function imageMixes(given: ScaledImages, gram: tf.Tensor2D): FeatureSpace {
  const { scaling, images } = given;
  const project = (mixes: Float64Array | Float32Array): Float32Array =>
    compute(() => tf.matMul(matrix(mixes, images), gram));
  return {
    features: scaling.mean.length,
    size: images,
    project,
    squaredNorm: dot,
    differentiate: ({ residuals, coordinates, projected, l2 }) => ({
      gradient: addScaled(Float64Array.from(project(residuals)), l2, projected),
      direction: addScaled(Float64Array.from(residuals), l2, coordinates),
    }),
    weightsOf: mixes => mixImages(mixes, given),
    dispose: () => gram.dispose(),
  };
}

function mixImages(mixes: Float64Array, given: ScaledImages): Float32Array {
  const outputs = mixes.length / given.images;
  const weights = new Float32Array(given.scaling.mean.length * outputs);
  let at = 0;
  for (const strip of strips(given)) {
    const scaled = () => matrix(strip, strip.length / given.images);
    const part = compute(() => tf.transpose(tf.matMul(matrix(mixes, given.images), scaled())));
    weights.set(part, at);
    at += part.length;
  }
  return weights;
}

/** The values are read outside of `tidy`, which would look for tensors in each of them. */
function compute(product: () => tf.Tensor): Float32Array {
  const tensor = tf.tidy(product);
  const values = tensor.dataSync<'float32'>();
  tensor.dispose();
  return values;
}
