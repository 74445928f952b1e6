// Files that Keras saved: `.keras` archives and `.h5` files of Keras 1 to 3, models with their topology and weights
// alone. Contents decide, not names.

import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { FinetuneError } from '../../errors.js';
import type { FunctionalConfig, WeightTensor } from '../../network/network.js';
import type { NetworkSource, NotedNetwork, OpenNetwork } from '../../network/source.js';
import { foreignKind } from '../../system/foreign-file.js';
import { isObject, type JsonObject, parseJson } from '../../system/json.js';
import { bindWeights } from '../layer-config/bind.js';
import { flattenModel } from '../layer-config/flatten.js';
import { type ModelNode, modelNames, parseModel } from '../layer-config/tree.js';
import { type KerasArchive, openArchive } from './archive.js';
import { findConfigBeside } from './config-beside.js';
import { withSlashes } from './hdf5/backslashes.js';
import { type Hdf5Client, type Hdf5File, openHdf5 } from './hdf5/file.js';
import { findKeras3Weights, isKeras3Layout } from './hdf5/keras3.js';
import { findLegacyWeights, hasLegacyLayout } from './hdf5/legacy.js';
import { rewriteLayer } from './rewrite/table.js';

/** A model's config, and the major version of the Keras that wrote it. */
interface KerasModel {
  readonly root: ModelNode;
  readonly kerasVersion: number;
}

/**
 * Opens a model that Keras saved with its topology: a `.keras` archive or an `.h5` file.
 * @param config what `model.to_json()` gave, for a file that holds weights alone; absent: looked for beside it
 * @param openFile opens HDF5 files
 * @throws FinetuneError `not-found`; `bad-model` where the file is none of them or damaged; `unsupported-layer`;
 * `bad-weights` where weights are missing or have other shapes than the config implies
 */
export async function openKerasFile(
  path: string,
  config?: JsonObject,
  openFile: typeof openHdf5 = openHdf5,
): Promise<OpenNetwork> {
  const topology = async () => config ?? (await findConfigBeside(path));
  const find = async (holder: WeightHolder) => findWeights(holder, await readModel(holder, topology));
  return await openWith(path, find, openFile);
}

/**
 * Opens a weights file of any layout; of a whole model its weights are taken, its topology is not looked at.
 * @param topology in Keras 2's classes and order of layers; the result's is rewritten to tfjs'
 * @throws FinetuneError `not-found`; `bad-model` where the file is no Keras file; `bad-weights` where its weights are not
 * those of the topology; `unsupported-layer`
 */
export async function openWeightsFile(path: string, topology: FunctionalConfig): Promise<OpenNetwork> {
  const model = { root: parseModel(topology), kerasVersion: 2 };
  return await openWith(path, async holder => findWeights(holder, model));
}

/**
 * The topology of what `model.to_json()` wrote, without weights but for those that are no variables of Keras.
 * @throws FinetuneError `bad-model` | `unsupported-layer`
 */
export function readKerasTopology(config: JsonObject): NotedNetwork {
  const { topology, weights, notes } = flattenModel(
    parseModel(config),
    versionOfConfig(config),
    rewriteLayer,
  );
  const constants = weights.flatMap(({ name, shape, from }): [string, WeightTensor][] =>
    'values' in from ? [[name, { name, shape, data: from.values }]] : [],
  );
  return { topology, weights: new Map(constants), notes };
}

/** The HDF5 file in which weights lie, alone or in an archive. */
interface WeightHolder {
  readonly file: Hdf5File;
  /** Size of the file. */
  readonly bytes: number;
  readonly archive: KerasArchive | undefined;
}

/** Opens a file and finds a network in it; whatever goes wrong, nothing stays open. */
async function openWith(
  path: string,
  find: (holder: WeightHolder) => Promise<NetworkSource>,
  openFile = openHdf5,
): Promise<OpenNetwork> {
  const { kind, bytes } = await sniff(path);
  const archive = kind === 'zip' ? await openArchive(path) : undefined;
  const label = archive === undefined ? basename(path) : `model.weights.h5 of ${basename(path)}`;
  const range = archive?.weights ?? { path, start: 0, bytes };
  let file: Hdf5Client | undefined;
  const close = async () => {
    file?.close();
    file = undefined;
    await archive?.close();
  };
  try {
    file = await openFile(range, label);
    return { ...(await find({ file: withSlashes(file), bytes: range.bytes, archive })), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What a file is, by its first bytes. */
async function sniff(path: string): Promise<{ kind: 'zip' | 'hdf5'; bytes: number }> {
  const file = await open(path, 'r').catch(cause => {
    throw new FinetuneError('not-found', `Cannot open ${path}. Expected a file that Keras saved.`, { cause });
  });
  try {
    const entry = await file.stat();
    const head = Buffer.alloc(512);
    if (entry.isFile()) await file.read(head, 0, head.length, 0);
    const text = head.toString('latin1');
    if (text.startsWith('PK\x03\x04')) return { kind: 'zip', bytes: entry.size };
    if (text.startsWith('\x89HDF\r\n\x1a\n')) return { kind: 'hdf5', bytes: entry.size };
    const kind = entry.isFile() && entry.size === 0 ? 'empty' : foreignKind(head);
    const found = kind === undefined ? 'neither a .keras archive nor an HDF5 file' : kind;
    throw new FinetuneError(
      'bad-model',
      `${path} is ${found}. Expected what Keras' model.save() writes: model.keras or model.h5.`,
    );
  } finally {
    await file.close();
  }
}

async function readModel(
  { file, archive }: WeightHolder,
  findBeside: () => Promise<JsonObject | undefined>,
): Promise<KerasModel> {
  if (archive !== undefined) {
    const { label } = archive;
    const metadata = archive.metadata === '' ? {} : parseJson(archive.metadata, `metadata.json of ${label}`);
    const version = isObject(metadata) ? metadata.keras_version : undefined;
    const root = parseModel(parseJson(archive.config, `config.json of ${label}`));
    return { root, kerasVersion: majorVersion(version, 3) };
  }
  if (!file.hasAttribute('/', 'model_config')) {
    const beside = await findBeside();
    if (beside !== undefined) return { root: parseModel(beside), kerasVersion: versionOfConfig(beside) };
    throw new FinetuneError(
      'bad-model',
      `${file.label} holds weights without their topology. Expected a model as model.save('model.keras') writes it, or the file of model.to_json() beside it; ` +
        'weights of a published network are taken by its name: finetune prepare NAME --weights FILE.',
    );
  }
  const [config = ''] = file.attribute('/', 'model_config');
  const root = parseModel(parseJson(config, `model_config of ${file.label}`));
  return { root, kerasVersion: versionOf(file) };
}

/** Keras 3 says of every object which module it is from. */
function versionOfConfig({ keras_version: version, module }: JsonObject): number {
  return majorVersion(version, module === undefined ? 2 : 3);
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

function findWeights({ file, bytes }: WeightHolder, { root, kerasVersion }: KerasModel): NetworkSource {
  const flat = flattenModel(root, kerasVersion, rewriteLayer);
  const wanted = { model: root, saved: flat.saved };
  const group = ['/', '/model_weights'].find(path => hasLegacyLayout(file, path));
  if (group === undefined && !isKeras3Layout(file) && flat.weights.some(({ from }) => 'saved' in from)) {
    throw new FinetuneError(
      'bad-weights',
      `${file.label} holds no weights in a layout of Keras. Expected what model.save_weights() or model.save() writes.`,
    );
  }
  const found =
    group === undefined ? findKeras3Weights(file, wanted) : findLegacyWeights(file, group, wanted);
  const { topology, notes } = flat;
  const weights = bindWeights(flat, found, bytes);
  return { topology, weights, notes, modelNames: modelNames(root) };
}
