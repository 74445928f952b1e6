// A tfjs LayersModel as the value that our own code works on, with every weight set to something that shows.

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { FunctionalConfig, Network, WeightTensor } from '../../src/network/network.js';

/** Topology and weights of a model; sets the weights to seeded random numbers first. */
export function networkOf(model: LayersModel, seed = 1): Network {
  const random = randomNumbers(seed);
  const weights = new Map<string, WeightTensor>();
  for (const layer of model.layers) {
    const values = layer.weights.map(variable => {
      const shape = variable.shape.map(size => size ?? 1);
      const isVariance = variable.originalName.endsWith('variance');
      const data = Float32Array.from(
        { length: tf.util.sizeFromShape(shape) },
        () => (isVariance ? 0.2 : 0) + random(),
      );
      const name = `${layer.name}/${variable.originalName.split('/').at(-1)}`;
      weights.set(name, { name, shape, data: isVariance ? data.map(Math.abs) : data });
      return tf.tensor(weights.get(name)!.data, shape);
    });
    layer.setWeights(values);
  }
  return { topology: model.toJSON(undefined, false) as unknown as FunctionalConfig, weights };
}

/** Numbers in -0.5..0.5, the same for the same seed. */
export function randomNumbers(seed: number): () => number {
  let state = seed * 2654435761;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
}
