// How layers behave while a tail is trained, where tfjs would have them behave otherwise.

import type { Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel, layers } from '@tensorflow/tfjs-layers';
import type { Random } from './random.js';

type Layer = layers.Layer;

/**
 * Layers that stay in inference mode. Batch normalisation: its statistics are those of the images that the backbone was
 * trained on, and a few photos give worse ones. The noises: tfjs cannot seed them.
 */
const alwaysInference = new Set(['BatchNormalization', 'GaussianNoise', 'GaussianDropout', 'AlphaDropout']);

/** Pins the layers of a model for good that must not change their behaviour in training. */
export function pinInferenceLayers(model: LayersModel): void {
  for (const layer of model.layers.filter(each => alwaysInference.has(each.getClassName()))) {
    const call = layer.call.bind(layer);
    layer.call = (inputs: Tensor | Tensor[], kwargs) => call(inputs, { ...kwargs, training: false });
  }
}

/** Gives the model's dropout layers the masks of their next step. */
export function seedDropout(model: LayersModel, random: Random): void {
  for (const layer of model.layers) {
    if (isSeeded(layer)) layer.seed = Math.floor(random() * 2 ** 31);
  }
}

/** tfjs' Dropout reads its seed anew at every call; left to itself it drops the same units in every step. */
function isSeeded(layer: Layer): layer is Layer & { seed: number } {
  return layer.getClassName() === 'Dropout';
}
