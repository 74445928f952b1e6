// Where a network that is prepared comes from: the catalogue, or files of the user's own. Nothing is downloaded or
// read before it is opened.

import { existsSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { describeNearest, FinetuneError, refuseOption } from '../errors.js';
import { openWeightsFile } from '../formats/keras/keras-file.js';
import { type OpenModel, openModel } from '../formats/open.js';
import { type NetworkShape, shapeNetwork } from '../network/cut.js';
import type { Context } from '../system/context.js';
import type { Card } from './card.js';
import { loadCard } from './card.js';
import { catalogue, findInCatalogue } from './catalogue.js';
import type { CatalogueEntry } from './catalogue-entry.js';
import { fetchWeights } from './fetch-weights.js';

/** What to prepare, and up to where. */
export interface SourceRequest extends NetworkShape {
  /** A name of the catalogue; with `from`, the name that the backbone is to have. */
  readonly name?: string | undefined;
  /** A Keras file, or the folder of a tfjs model, of the user's own. */
  readonly from?: string | undefined;
  /** Takes a catalogue network with its 1000 ImageNet classes, under the name `NAME-top`. */
  readonly includeTop?: boolean | undefined;
  /** Another address of the published file. */
  readonly url?: string | undefined;
  /** The published file, already on disk. */
  readonly weights?: string | undefined;
}

/** A network that can be opened, under the name that its backbone gets. */
export interface PrepareSource {
  readonly name: string;
  /** An address or a file's name, as the card tells it. */
  readonly origin: string;
  /** The catalogue entry of a published network. */
  readonly entry?: CatalogueEntry;
  /** The card of a folder that has one already: a backbone, a run's model. */
  readonly card?: Card | undefined;
  /** Downloads it where it must, and opens it. Close it after use. */
  open(context: Context): Promise<OpenModel>;
}

/**
 * Decides where the network comes from.
 * @throws FinetuneError `bad-option` for options that exclude each other or a name that is none; `not-found`
 */
export async function findSource(request: SourceRequest): Promise<PrepareSource> {
  if (request.from === undefined) return publishedSource(request);
  for (const option of ['includeTop', 'url', 'weights'] as const) {
    if (!request[option]) continue;
    refuseOption(
      `--from takes a model of your own; --${option === 'includeTop' ? 'include-top' : option} is for published networks, by name.`,
    );
  }
  return await ownSource(request.from, request.name);
}

function publishedSource(request: SourceRequest): PrepareSource {
  const { name = 'vgg16', includeTop = false, weights, url } = request;
  const entry = findInCatalogue(name);
  if (entry === undefined) {
    refuseOption(
      `Unknown network ${name}. ${describeNearest(
        name,
        catalogue.map(each => each.name),
      )} Or --from FILE for a Keras file of your own.`,
    );
  }
  if (weights !== undefined && url !== undefined) {
    refuseOption('--weights and --url exclude each other: the file is here or there.');
  }
  const topology = entry.plan({ inputSize: [entry.size, entry.size], includeTop });
  // What cannot be had is said before anything is downloaded.
  shapeNetwork({ topology, weights: new Map() }, request);
  const file = includeTop ? entry.weights.top : entry.weights.noTop;
  const published = url === undefined ? file : { ...file, urls: [url] as const };
  return {
    name: backboneName(entry, request),
    origin: weights === undefined ? published.urls[0] : basename(weights),
    entry,
    async open(context) {
      if (weights !== undefined) return { ...(await openWeightsFile(weights, topology)), facts: {} };
      const fetched = await fetchWeights(entry.name, file, { ...context, url });
      try {
        return { ...(await openWeightsFile(fetched.path, topology)), facts: {} };
      } catch (error) {
        throw file.md5 === undefined ? await discardDownload(fetched, error) : error;
      }
    },
  };
}

/**
 * No checksum is published for it: what cannot be read is not to be found in the cache again. One that was there before
 * is left all the same, for nothing proves whose it is.
 */
async function discardDownload(
  { path, isNew }: { readonly path: string; readonly isNew: boolean },
  error: unknown,
): Promise<unknown> {
  if (isNew) await rm(path, { force: true });
  if (isNew || !(error instanceof FinetuneError)) return error;
  return new FinetuneError(error.code, `${error.message} To have it downloaded again, move ${path} away.`, {
    cause: error,
  });
}

/** e.g. `vgg16-top`, `vgg16-block4_pool-640x480`. */
function backboneName({ name }: CatalogueEntry, { includeTop, cut, inputShape }: SourceRequest): string {
  const size = inputShape?.map(length => length ?? 'open').join('x');
  return [name, includeTop && 'top', cut?.replaceAll('/', '_'), size].filter(Boolean).join('-');
}

async function ownSource(from: string, wantedName: string | undefined): Promise<PrepareSource> {
  await stat(from).catch((cause: unknown) => {
    throw new FinetuneError(
      'not-found',
      `${from} is not there. Expected a Keras file or the folder of a tfjs model.`,
      { cause },
    );
  });
  const name = wantedName ?? nameAfter(from);
  if (!/^[A-Za-z0-9][\w.-]{0,99}$/.test(name)) {
    refuseOption(
      `"${name}" cannot name a backbone. Expected letters, digits, "-", "_" and ".": say --name NAME.`,
    );
  }
  const card = existsSync(join(from, 'card.json')) ? await loadCard(from) : undefined;
  return { name, origin: basename(from), card, open: () => openModel(from, card?.sha256) };
}

/** `model.keras` says nothing: then the folder that it lies in. */
function nameAfter(path: string): string {
  const stem = basename(path).replace(/\.(keras|h5|hdf5|json)$/i, '');
  return stem === 'model' ? basename(resolve(path, '..')) : stem;
}
