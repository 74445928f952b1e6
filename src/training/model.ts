// A network in tfjs: opened, run on batches, its weights read back.

import { createRequire } from 'node:module';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { tf } from '../engines/tfjs.js';
import { toArtifacts } from '../formats/tfjs-layers/layers-model.js';
import type { Network } from '../network/network.js';
import { joinArrays } from '../system/join-arrays.js';
import { groupRows, rowsAtOnce, type TrainingData } from './data.js';
import { adaptLayer } from './layers.js';
import { readValues } from './optimizer.js';

const require = createRequire(import.meta.url);

/** Some images' features `[labels.length, ...shape]`. */
export interface Batch {
  readonly features: Float32Array;
  readonly shape: readonly number[];
  readonly labels: readonly number[];
  /** What was mixed into the images, where anything was. */
  readonly mixed?: Mixed | undefined;
}

/** Other images that count in the features and in the loss. */
export interface Mixed {
  /** The label of each image's other one. */
  readonly labels: readonly number[];
  /** How much the others count; the images themselves count the rest. */
  readonly weight: number;
}

/** Opens a network on the engine that is started; whoever asked for the model disposes it. */
export async function openModel(network: Network): Promise<LayersModel> {
  // Here, since it takes a while and reading training's types should not; by `require`, since an `import` first searches
  // its 1.5 MB for names.
  const { loadLayersModel } = require('@tensorflow/tfjs-layers') as typeof import('@tensorflow/tfjs-layers');
  const model = await loadLayersModel(tf.io.fromMemory(toArtifacts(network)));
  for (const layer of model.layers) adaptLayer(layer, model);
  return model;
}

/** A trainable weight: its name in the network, and the variable that holds it. */
export interface TrainableWeight {
  /** e.g. `block5_conv1/kernel` */
  readonly name: string;
  readonly variable: tf.Variable;
}

/** What training may change, in the model's order. */
export function trainableWeights(model: LayersModel): TrainableWeight[] {
  return model.trainableWeights.map(weight => ({
    name: weight.originalName,
    variable: weight.read() as tf.Variable,
  }));
}

/** The network with the weights that the model has by now; those that cannot be trained are the very same. */
export function readNetwork(model: LayersModel, { topology, weights }: Network): Network {
  const trained = new Map(
    trainableWeights(model).map(({ name, variable }) => [name, readValues(variable)] as const),
  );
  const read = [...weights].map(([name, weight]) => {
    return [name, { ...weight, data: trained.get(name) ?? weight.data }] as const;
  });
  return { topology, weights: new Map(read) };
}

/**
 * The model's predictions, in inference mode. Leaves no tensor behind.
 * @returns probabilities `[labels.length, classes]`
 */
export async function predictData(
  model: LayersModel,
  data: TrainingData,
  batchSize = rowsAtOnce(data),
): Promise<Float32Array> {
  const parts: Float32Array[] = [];
  for (const rows of groupRows([...data.labels.keys()], batchSize)) {
    parts.push(predictBatch(model, await data.read(rows), [rows.length, ...data.shape]));
  }
  return joinArrays(parts);
}

/** What a network gives for each row, `[labels.length, ...]`. Leaves no tensor behind. */
export async function computeOutputs(network: Network, data: TrainingData): Promise<Float32Array> {
  const model = await openModel(network);
  try {
    return await predictData(model, data);
  } finally {
    model.dispose();
  }
}

function predictBatch(model: LayersModel, features: Float32Array, shape: number[]): Float32Array {
  const probabilities = tf.tidy(() => model.apply(tf.tensor(features, shape)) as tf.Tensor);
  const values = readValues(probabilities);
  probabilities.dispose();
  return values;
}
