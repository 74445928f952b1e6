// Whole models that Keras saved: `.keras` archives and `.h5` files of Keras 2 and 3. Contents decide, not names.

import { basename } from 'node:path';
import { FinetuneError } from '../../errors.js';
import { type NetworkSource, type NotedNetwork, readNetwork } from '../../network/source.js';
import { isObject, parseJson } from '../../system/json.js';
import { flattenModel } from '../layer-config/flatten.js';
import { parseModel } from '../layer-config/tree.js';
import type { SaveOptions } from '../tfjs-layers/layers-model.js';
import { type KerasArchive, openArchive } from './archive.js';
import type { Hdf5File } from './hdf5/file.js';
import { findKeras3Weights } from './hdf5/keras3.js';
import { findLegacyWeights } from './hdf5/legacy.js';
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

/**
 * Reads a Keras model into memory.
 * @throws FinetuneError as `openKerasFile`, and `bad-weights` where a weight holds NaN or infinity
 */
export async function readKerasFile(path: string): Promise<NotedNetwork> {
  return await withClosing(await openKerasFile(path), readNetwork);
}

/**
 * Writes a Keras model as a tfjs layers model, weight by weight: no more than a few MB of them are in memory.
 * @param dir must exist; where an error is thrown, nothing was added to it
 * @throws FinetuneError as `readKerasFile`
 */
export async function convertKerasFile(
  path: string,
  dir: string,
  options: SaveOptions = {},
): Promise<Converted> {
  return await convertNetwork(await openKerasFile(path), dir, options);
}

/**
 * Opens a `.keras` archive or a whole-model `.h5`.
 * @throws FinetuneError `not-found`; `bad-model` where the file is none of them or damaged; `unsupported-layer`;
 * `bad-weights` where weights are missing or have other shapes than the config implies
 */
export async function openKerasFile(path: string): Promise<OpenNetwork> {
  const { kind, bytes } = await sniff(path);
  if (kind === 'hdf5') return await openWholeModel(path, bytes);
  const archive = await openArchive(path);
  return await openNetwork(archive.weights, `model.weights.h5 of ${basename(path)}`, {
    find: file => readArchive(file, archive, basename(path)),
    close: () => archive.close(),
  });
}

function readArchive(file: Hdf5File, archive: KerasArchive, label: string): NetworkSource {
  const metadata = archive.metadata === '' ? {} : parseJson(archive.metadata, `metadata.json of ${label}`);
  const version = isObject(metadata) ? metadata.keras_version : undefined;
  const model = parseModel(parseJson(archive.config, `config.json of ${label}`));
  const flat = flattenModel(model, majorVersion(version, 3), rewriteLayer);
  return assemble(flat, findKeras3Weights(file, model, flat.saved), archive.weights.bytes);
}

async function openWholeModel(path: string, bytes: number): Promise<OpenNetwork> {
  return await openNetwork({ path, start: 0, bytes }, basename(path), {
    find: file => readWholeModel(file, bytes),
    close: async () => {},
  });
}

function readWholeModel(file: Hdf5File, bytes: number): NetworkSource {
  if (!file.hasAttribute('/', 'model_config')) {
    throw new FinetuneError(
      'bad-model',
      `${file.label} holds weights without a model config. Expected a whole model (model.save('model.keras')); weights of a published network are taken by its name: finetune prepare NAME --weights FILE.`,
    );
  }
  const [config = ''] = file.attribute('/', 'model_config');
  const model = parseModel(parseJson(config, `model_config of ${file.label}`));
  const flat = flattenModel(model, versionOf(file), rewriteLayer);
  return assemble(flat, findLegacyWeights(file, '/model_weights', model, flat.saved), bytes);
}

function versionOf(file: Hdf5File): number {
  const holder = ['/', '/model_weights'].find(
    path => file.kindOf(path) === 'group' && file.hasAttribute(path, 'keras_version'),
  );
  return majorVersion(holder === undefined ? undefined : file.attribute(holder, 'keras_version')[0], 2);
}

function majorVersion(version: unknown, fallback: number): number {
  const major = Number.parseInt(String(version ?? fallback), 10);
  return Number.isNaN(major) ? fallback : major;
}
