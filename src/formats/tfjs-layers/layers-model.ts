// tfjs layers models on disk and in memory: model.json and its shards, in and out. No tfjs is needed for either.

import { join } from 'node:path';
import { FinetuneError } from '../../errors.js';
import type { Network } from '../../network/network.js';
import {
  elementCount,
  type NetworkSource,
  type NotedNetwork,
  networkSourceOf,
  readNetwork,
} from '../../network/source.js';
import { writeAtomically } from '../../system/atomic-write.js';
import { isObject, objectAt, readJsonFile } from '../../system/json.js';
import type { QuantizedType } from '../tfjs-weights/encoding.js';
import { hashWeights, openManifest, writeWeights } from '../tfjs-weights/manifest.js';
import { openTfjsTopology } from './topology.js';

/** How a layers model is written. */
export interface SaveOptions {
  /** How matrices and kernels are stored; vectors stay float32. Absent: all float32. */
  readonly quantize?: QuantizedType | undefined;
}

/** What is known of stored weights: sha-256 over all shards in order (hex), and their size. */
export interface SavedWeights {
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * Reads a tfjs layers model into memory: nested and Sequential models flattened, quantized weights back to float32.
 * @param sha256 of the weights, where the model's card tells it: other weights are refused
 * @throws FinetuneError `not-found`; `bad-model` where files are missing, malformed or do not fit; `unsupported-layer`
 */
export async function loadLayersModel(dir: string, sha256?: string): Promise<NotedNetwork> {
  return readNetwork(await openLayersModel(dir, sha256));
}

/** As `loadLayersModel`, but the weights are read when they are asked for. */
export async function openLayersModel(dir: string, sha256?: string): Promise<NetworkSource> {
  const path = join(dir, 'model.json');
  const model = objectAt(await readJsonFile(path, 'the folder of a tfjs layers model'), path);
  if (model.format === 'graph-model' || (isObject(model.modelTopology) && 'node' in model.modelTopology)) {
    throw new FinetuneError('bad-model', `${path} is a tfjs graph model. Expected a layers model here.`);
  }
  const weights = await openManifest(dir, model.weightsManifest);
  const source = openTfjsTopology(model.modelTopology, weights, dir);
  if (sha256 !== undefined && (await hashWeights(dir, model.weightsManifest)) !== sha256) {
    throw new FinetuneError(
      'bad-model',
      `The weights in ${dir} are not those that its card.json was written for (their sha-256 differs). ` +
        'A shard was damaged or exchanged: copy the folder again, or make the model anew.',
    );
  }
  return source;
}

/**
 * Writes a network as a tfjs layers model: shards of 4 MiB, then model.json, each under its name only when complete.
 * @param dir must exist
 * @throws FinetuneError `bad-weights` where a weight holds NaN or infinity
 */
export async function saveLayersModel(
  dir: string,
  network: Network,
  options: SaveOptions = {},
): Promise<SavedWeights> {
  return await writeLayersModel(dir, networkSourceOf(network), options);
}

/** As `saveLayersModel`, from weights that are read piece by piece. */
export async function writeLayersModel(
  dir: string,
  { topology, weights }: NetworkSource,
  { quantize }: SaveOptions = {},
): Promise<SavedWeights> {
  const { manifest, sha256, bytes } = await writeWeights(dir, weights, quantize);
  const model = {
    format: 'layers-model',
    generatedBy: 'finetune',
    convertedBy: null,
    modelTopology: { ...topology, keras_version: 'tfjs-layers 4.22.0', backend: 'tensor_flow.js' },
    weightsManifest: manifest,
  };
  await writeAtomically(join(dir, 'model.json'), JSON.stringify(model));
  return { sha256, bytes };
}

/** What tf.io handlers pass: `tf.loadLayersModel(tf.io.fromMemory(toArtifacts(network)))`. */
export interface ModelArtifacts {
  readonly modelTopology: object;
  readonly weightSpecs: { name: string; shape: number[]; dtype: 'float32' }[];
  readonly weightData: ArrayBuffer;
}

/** A network in the form that tfjs loads from memory and saves to it. */
export function toArtifacts(network: Network): ModelArtifacts {
  const weights = [...network.weights.values()];
  const total = weights.reduce((count, { shape }) => count + elementCount(shape), 0);
  const data = new Float32Array(total);
  let filled = 0;
  for (const weight of weights) {
    data.set(weight.data, filled);
    filled += weight.data.length;
  }
  return {
    modelTopology: network.topology,
    weightSpecs: weights.map(({ name, shape }) => ({ name, shape: [...shape], dtype: 'float32' })),
    weightData: data.buffer,
  };
}
