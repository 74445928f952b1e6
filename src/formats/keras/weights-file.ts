// Weights without a topology: HDF5 files of Keras 1 and 2 (matched in order) and of Keras 3, given to a known network.

import { basename } from 'node:path';
import { FinetuneError } from '../../errors.js';
import type { FunctionalConfig } from '../../network/network.js';
import { type NetworkSource, type NotedNetwork, readNetwork } from '../../network/source.js';
import { flattenModel } from '../layer-config/flatten.js';
import { parseModel } from '../layer-config/tree.js';
import type { SaveOptions } from '../tfjs-layers/layers-model.js';
import { openArchive } from './archive.js';
import type { Hdf5File } from './hdf5/file.js';
import { findKeras3Weights, isKeras3Layout } from './hdf5/keras3.js';
import { findLegacyWeights, hasLegacyLayout } from './hdf5/legacy.js';
import {
  assemble,
  type Converted,
  convertNetwork,
  type OpenNetwork,
  openNetwork,
  withClosing,
} from './open-network.js';
import { rewriteLayer } from './rewrite/table.js';
import { sniff } from './sniff.js';

/** A topology given to a weights file speaks Keras 2. */
const kerasVersion = 2;

/**
 * Reads a weights file into memory, with the topology that it belongs to.
 * @param topology in Keras' classes and order of layers; the result's is rewritten to tfjs'
 * @throws FinetuneError as `openWeightsFile`, and `bad-weights` where a weight holds NaN or infinity
 */
export async function readWeightsFile(path: string, topology: FunctionalConfig): Promise<NotedNetwork> {
  return await withClosing(await openWeightsFile(path, topology), readNetwork);
}

/**
 * Writes a weights file with its topology as a tfjs layers model, weight by weight.
 * @param dir must exist; where an error is thrown, nothing was added to it
 * @throws FinetuneError as `readWeightsFile`
 */
export async function convertWeightsFile(
  path: string,
  topology: FunctionalConfig,
  dir: string,
  options: SaveOptions = {},
): Promise<Converted> {
  return await convertNetwork(await openWeightsFile(path, topology), dir, options);
}

/**
 * Opens a weights file of any layout; of a whole model its weights are taken, its topology is not looked at.
 * @throws FinetuneError `not-found`; `bad-model` where the file is no Keras file; `bad-weights` where its weights are not
 * those of the topology; `unsupported-layer`
 */
export async function openWeightsFile(path: string, topology: FunctionalConfig): Promise<OpenNetwork> {
  const { kind, bytes } = await sniff(path);
  const find = (file: Hdf5File) => findWeights(file, topology, bytes);
  if (kind === 'hdf5') {
    return await openNetwork({ path, start: 0, bytes }, basename(path), { find, close: async () => {} });
  }
  const archive = await openArchive(path);
  const label = `model.weights.h5 of ${basename(path)}`;
  return await openNetwork(archive.weights, label, { find, close: () => archive.close() });
}

function findWeights(file: Hdf5File, topology: FunctionalConfig, bytes: number): NetworkSource {
  const model = parseModel(topology);
  const flat = flattenModel(model, kerasVersion, rewriteLayer);
  const group = ['/', '/model_weights'].find(path => hasLegacyLayout(file, path));
  if (group !== undefined) return assemble(flat, findLegacyWeights(file, group, model, flat.saved), bytes);
  if (isKeras3Layout(file)) return assemble(flat, findKeras3Weights(file, model, flat.saved), bytes);
  throw new FinetuneError(
    'bad-weights',
    `${file.label} holds no weights in a layout of Keras. Expected what model.save_weights() or model.save() writes.`,
  );
}
