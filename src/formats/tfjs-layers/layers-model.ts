// tfjs layers models on disk and in memory: model.json and its shards, in and out. No tfjs is needed for either.

import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FinetuneError } from '../../errors.js';
import type { Network } from '../../network/network.js';
import {
  checkedPieces,
  elementCount,
  type NetworkSource,
  type NotedNetwork,
  networkSourceOf,
  readNetwork,
  readWeight,
  type WeightSource,
} from '../../network/source.js';
import { writeAtomically } from '../../system/atomic-write.js';
import { isObject, maximumJsonBytes, objectAt, parseJson } from '../../system/json.js';
import { encodePiece, planQuantization, type QuantizedType } from '../tfjs-weights/encoding.js';
import { type ManifestWeight, openManifest, storedLength } from '../tfjs-weights/manifest.js';
import { writeShards } from '../tfjs-weights/shards.js';
import { openTfjsTopology } from './topology.js';

export interface SaveOptions {
  /** How matrices and kernels are stored; vectors stay float32. Absent: all float32. */
  readonly quantize?: QuantizedType | undefined;
}

/** Of the stored weights: sha-256 over all shards in order (hex), and their size. */
export interface SavedWeights {
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * Reads a tfjs layers model into memory: nested and Sequential models flattened, quantised weights back to float32.
 * @throws FinetuneError `not-found`; `bad-model` where files are missing, malformed or do not fit; `unsupported-layer`
 */
export async function loadLayersModel(dir: string): Promise<NotedNetwork> {
  return readNetwork(await openLayersModel(dir));
}

/** As `loadLayersModel`, but the weights are read when they are asked for. */
export async function openLayersModel(dir: string): Promise<NetworkSource> {
  const path = join(dir, 'model.json');
  const model = objectAt(parseJson(await readText(path), path), path);
  if (model.format === 'graph-model' || (isObject(model.modelTopology) && 'node' in model.modelTopology)) {
    throw new FinetuneError('bad-model', `${path} is a tfjs graph model. Expected a layers model here.`);
  }
  const weights = await openManifest(dir, model.weightsManifest);
  return openTfjsTopology(model.modelTopology, weights, dir);
}

async function readText(path: string): Promise<string> {
  const entry = await stat(path).catch(() => undefined);
  if (!entry?.isFile()) {
    throw new FinetuneError('not-found', `${path} is missing. Expected the folder of a tfjs layers model.`);
  }
  if (entry.size > maximumJsonBytes) {
    throw new FinetuneError(
      'bad-model',
      `${path} has ${entry.size} bytes; a topology has at most ${maximumJsonBytes}.`,
    );
  }
  return await readFile(path, 'utf8');
}

/**
 * Writes a network as a tfjs layers model: shards of 4 MiB, then model.json, each under its name only when whole.
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
  const entries = weights.map(source => describeWeight(source, quantize));
  const total = entries.reduce((sum, entry) => sum + storedLength(entry), 0);
  const { paths, sha256, bytes } = await writeShards(dir, total, encodedPieces(weights, entries));
  const model = {
    format: 'layers-model',
    generatedBy: 'finetune',
    convertedBy: null,
    modelTopology: { ...topology, keras_version: 'tfjs-layers 4.22.0', backend: 'tensor_flow.js' },
    weightsManifest: [{ paths, weights: entries }],
  };
  await writeAtomically(join(dir, 'model.json'), JSON.stringify(model));
  return { sha256, bytes };
}

function describeWeight(source: WeightSource, quantize: QuantizedType | undefined): ManifestWeight {
  const { name, shape } = source;
  const quantization = planQuantization(source, quantize);
  if (quantization === undefined) return { name, shape, dtype: 'float32' };
  return { name, shape, dtype: 'float32', quantization: { ...quantization, original_dtype: 'float32' } };
}

function* encodedPieces(
  weights: readonly WeightSource[],
  entries: readonly ManifestWeight[],
): Iterable<Uint8Array> {
  for (const [i, source] of weights.entries()) {
    for (const piece of checkedPieces(source)) yield encodePiece(piece, entries[i]!.quantization);
  }
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

/**
 * A network from what `model.save(tf.io.withSaveHandler(...))` gives.
 * @throws FinetuneError as `loadLayersModel`
 */
export function fromArtifacts(artifacts: {
  readonly modelTopology: unknown;
  readonly weightSpecs: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly weightData: ArrayBuffer;
}): Network {
  let start = 0;
  const weights = artifacts.weightSpecs.map(({ name, shape }): WeightSource => {
    const data = new Float32Array(artifacts.weightData, start, elementCount(shape));
    start += data.byteLength;
    return { name, shape, read: () => [data] };
  });
  const source = openTfjsTopology(artifacts.modelTopology, weights, 'the model');
  return {
    topology: source.topology,
    weights: new Map(source.weights.map(weight => [weight.name, readWeight(weight)])),
  };
}
