// One door for models of the user's own: what a file or folder is decides which format reads it.

import { stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { FinetuneError } from '../errors.js';
import {
  type NetworkSource,
  type NotedNetwork,
  networkSourceOf,
  type OpenNetwork,
  readWeight,
  withClosing,
} from '../network/source.js';
import { readLabelsBeside } from './class-names.js';
import { refuseForeign } from './foreign-models.js';
import { findSplitModel, readConfig } from './keras/config-beside.js';
import { openKerasFile, readKerasTopology } from './keras/keras-file.js';
import type { ModelFacts } from './model-facts.js';
import { factsOfKerasExport, readTeachableMachine } from './teachable-machine.js';
import { isGraphModel } from './tfjs-graph/graph.js';
import { readGraphModel } from './tfjs-graph/open.js';
import { openLayersModel } from './tfjs-layers/layers-model.js';

/** A model that is open, with what lies beside it. Close it after use. */
export interface OpenModel extends OpenNetwork {
  readonly facts: ModelFacts;
}

interface Entry {
  readonly path: string;
  readonly isFolder: boolean;
  readonly sha256?: string | undefined;
}

/** Reads a model of its format; undefined where something else is there. */
type ReadFormat = (entry: Entry) => Promise<OpenNetwork | undefined>;

/** The first to whose format the files belong reads them: a new format is a row and a folder. */
const formats: readonly ReadFormat[] = [
  refuseForeign,
  async ({ path, isFolder }) => {
    const split = await findSplitModel(path, isFolder);
    return split && (await openKerasFile(split.weights, split.config));
  },
  async ({ path, isFolder, sha256 }) => {
    if (!isFolder && basename(path) !== 'model.json') return await openKerasFile(path);
    const folder = isFolder ? path : dirname(path);
    if (await isGraphModel(folder)) return inMemory(await readGraphModel(folder));
    return { ...(await openLayersModel(folder, sha256)), close: nothing };
  },
];

/** Shards are open only while they are read. */
const nothing = async () => undefined;

function inMemory(network: NotedNetwork): OpenNetwork {
  return { ...networkSourceOf(network), notes: network.notes, close: nothing };
}

/**
 * Opens a model: a file that Keras saved, or the folder of a tfjs model.
 * @param sha256 of a layers model's weights, where its card tells it: other weights are refused
 * @throws FinetuneError `not-found`; `bad-model` | `bad-weights` | `unsupported-layer` saying what is wrong with it
 */
export async function openModel(path: string, sha256?: string): Promise<OpenModel> {
  const entry = await stat(path).catch((cause: unknown) => {
    throw new FinetuneError(
      'not-found',
      `${path} is not there. Expected a Keras file or the folder of a tfjs model.`,
      { cause },
    );
  });
  const isFolder = entry.isDirectory();
  for (const read of formats) {
    const network = await read({ path, isFolder, sha256 });
    if (network !== undefined) return { ...network, facts: await readFacts({ path, isFolder }, network) };
  }
  throw new FinetuneError(
    'bad-model',
    `${path} is no model. Expected a Keras file or the folder of a tfjs model.`,
  );
}

/**
 * The topology of a model of any of these formats, or of what `model.to_json()` wrote, with the weights of layers that
 * are not trainable. All others are left where they are.
 * @throws FinetuneError as `openModel`
 */
export async function openTopology(path: string): Promise<NotedNetwork> {
  const config = /\.json$/i.test(path) ? await readConfig(path).catch(() => undefined) : undefined;
  if (config !== undefined) return readKerasTopology(config);
  return await withClosing(await openModel(path), ({ topology, weights, notes }) => {
    const frozen = new Set(
      topology.config.layers.filter(each => each.config.trainable === false).map(each => each.config.name),
    );
    const kept = weights
      .filter(({ name }) => frozen.has(name.slice(0, name.lastIndexOf('/'))))
      .map(readWeight);
    return { topology, notes, weights: new Map(kept.map(weight => [weight.name, weight])) };
  });
}

async function readFacts({ path, isFolder }: Entry, network: NetworkSource): Promise<ModelFacts> {
  const classNames = await readLabelsBeside(path, isFolder);
  const exported = isFolder
    ? await readTeachableMachine(path)
    : factsOfKerasExport(path, network, classNames);
  return { classNames, ...exported };
}
