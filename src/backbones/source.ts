// Where a backbone that is being prepared comes from: the catalogue, a Keras file, the folder of a tfjs model.

import { existsSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { FinetuneError } from '../errors.js';
import type { EmitEvent } from '../events.js';
import { openKerasFile } from '../formats/keras/keras-file.js';
import type { OpenNetwork } from '../formats/keras/open-network.js';
import { openWeightsFile } from '../formats/keras/weights-file.js';
import { readTeachableMachine } from '../formats/teachable-machine.js';
import { isGraphModel } from '../formats/tfjs-graph/graph.js';
import { readGraphModel } from '../formats/tfjs-graph/open.js';
import { openLayersModel } from '../formats/tfjs-layers/layers-model.js';
import { type NetworkShape, shapeNetwork } from '../network/cut.js';
import type { FunctionalConfig } from '../network/network.js';
import { networkSourceOf } from '../network/source.js';
import type { Card } from './card.js';
import { loadCard } from './card.js';
import { type CatalogueEntry, catalogue, findInCatalogue } from './catalogue.js';
import { fetchWeights } from './fetch-weights.js';
import type { CardFacts } from './plan-card.js';

/** What to prepare, and up to where. */
export interface SourceRequest extends NetworkShape {
  /** A name of the catalogue; with `from`, the name that the backbone is to have. */
  readonly name?: string | undefined;
  /** A Keras file, or the folder of a tfjs layers model, of the user's own. */
  readonly from?: string | undefined;
  /** Of a catalogue network: with its 1000 ImageNet classes, under the name `NAME-top`. */
  readonly includeTop?: boolean | undefined;
  /** Another address of the published file. */
  readonly url?: string | undefined;
  /** The published file, already on disk. */
  readonly weights?: string | undefined;
  readonly emit: EmitEvent;
}

/** A network that can be opened, under the name that its backbone gets. */
export interface PrepareSource {
  readonly name: string;
  readonly facts: Omit<CardFacts, 'name'>;
  /** Of a folder that has one already: a backbone, a run's model. */
  readonly card?: Card | undefined;
  open(): Promise<OpenNetwork>;
}

/**
 * Decides where the network comes from; nothing is downloaded yet.
 * @throws FinetuneError `bad-option` for options that exclude each other or a name that is none; `not-found`
 */
export async function openPrepareSource(request: SourceRequest): Promise<PrepareSource> {
  if (request.from === undefined) return catalogueSource(request);
  for (const option of ['includeTop', 'url', 'weights'] as const) {
    if (!request[option]) continue;
    throw new FinetuneError(
      'bad-option',
      `--from takes a whole model of your own; --${option === 'includeTop' ? 'include-top' : option} is for published networks, by name.`,
    );
  }
  return await ownSource(request.from, request.name);
}

function catalogueSource(request: SourceRequest): PrepareSource {
  const { name = 'vgg16', includeTop = false, cut, inputShape } = request;
  const entry = findInCatalogue(name);
  if (entry === undefined) {
    throw new FinetuneError(
      'bad-option',
      `Unknown network ${name}. Expected one of: ${catalogue.map(each => each.name).join(', ')}; ` +
        'or --from FILE for a Keras file of your own.',
    );
  }
  if (request.weights !== undefined && request.url !== undefined) {
    throw new FinetuneError(
      'bad-option',
      '--weights and --url exclude each other: the file is here or there.',
    );
  }
  // What cannot be had is said before anything is downloaded.
  shapeNetwork({ topology: planWhole(entry, request), weights: new Map() }, request);
  const parts = [
    entry.name,
    includeTop && 'top',
    cut?.replaceAll('/', '_'),
    inputShape?.map(sizeText).join('x'),
  ];
  return {
    name: parts.filter(Boolean).join('-'),
    facts: {
      entry,
      source: request.weights === undefined ? addressOf(request, entry) : basename(request.weights),
    },
    open: () => openPublished(entry, request),
  };
}

function planWhole({ plan, size }: CatalogueEntry, { includeTop = false }: SourceRequest): FunctionalConfig {
  return plan({ inputSize: [size, size], includeTop });
}

function sizeText(size: number | null): string {
  return size === null ? 'open' : String(size);
}

function addressOf({ url, includeTop }: SourceRequest, { weights }: CatalogueEntry): string {
  return url ?? (includeTop ? weights.top : weights.noTop).urls[0]!;
}

async function openPublished(entry: CatalogueEntry, request: SourceRequest): Promise<OpenNetwork> {
  const { includeTop = false, weights, url, emit } = request;
  const file = includeTop ? entry.weights.top : entry.weights.noTop;
  const path = weights ?? (await fetchWeights(entry.name, file, url, emit));
  try {
    return await openWeightsFile(path, planWhole(entry, request));
  } catch (error) {
    // No checksum is published for it: what cannot be read is not to be found in the cache again.
    if (weights === undefined && file.md5 === undefined) await rm(path, { force: true });
    throw error;
  }
}

async function ownSource(from: string, wantedName: string | undefined): Promise<PrepareSource> {
  const entry = await stat(from).catch((cause: unknown) => {
    throw new FinetuneError(
      'not-found',
      `${from} is not there. Expected a Keras file or a tfjs model's folder.`,
      { cause },
    );
  });
  const name = wantedName ?? nameAfter(from);
  if (!/^[A-Za-z0-9][\w.-]{0,99}$/.test(name)) {
    throw new FinetuneError(
      'bad-option',
      `"${name}" cannot name a backbone. Expected letters, digits, "-", "_" and ".": say --name NAME.`,
    );
  }
  const facts = { source: basename(from) };
  if (!entry.isDirectory()) return { name, facts, open: () => openKerasFile(from) };
  const card = existsSync(join(from, 'card.json')) ? await loadCard(from) : undefined;
  const extras = await readTeachableMachine(from);
  return { name, card, facts: { ...facts, ...extras }, open: () => openFolder(from) };
}

async function openFolder(dir: string): Promise<OpenNetwork> {
  const network = (await isGraphModel(dir))
    ? networkSourceOf(await readGraphModel(dir))
    : await openLayersModel(dir);
  return { ...network, close: async () => undefined };
}

/** `model.keras` says nothing: then the folder that it lies in. */
function nameAfter(path: string): string {
  const stem = basename(path).replace(/\.(keras|h5|hdf5)$/i, '');
  return stem === 'model' ? basename(resolve(path, '..')) : stem;
}
