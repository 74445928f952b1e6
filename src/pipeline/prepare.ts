// prepare: a Keras file, a published network or a tfjs model becomes pretrained/NAME/. Emits events, prints nothing.

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Card } from '../backbones/card.js';
import { saveCard } from '../backbones/card.js';
import { planCard } from '../backbones/plan-card.js';
import { resolveBackbone } from '../backbones/resolve.js';
import { findSource, type PrepareSource, type SourceRequest } from '../backbones/source.js';
import { FinetuneError } from '../errors.js';
import type { EmitEvent } from '../events.js';
import { type FeatureChange, measureFeatureChange } from '../features/feature-change.js';
import type { OpenModel } from '../formats/open.js';
import { loadLayersModel, writeLayersModel } from '../formats/tfjs-layers/layers-model.js';
import type { QuantizedType } from '../formats/tfjs-weights/encoding.js';
import { shapeSource } from '../network/shape-source.js';
import { readNetwork, withClosing } from '../network/source.js';
import { writeWholeFolder } from '../system/atomic-folder.js';
import { silent } from '../system/context.js';

export interface PrepareRequest extends SourceRequest {
  /** The backbone's folder. Default: `./pretrained/NAME`. */
  readonly out?: string | undefined;
  /** Replace what is there. */
  readonly force?: boolean | undefined;
  readonly quantize?: QuantizedType | undefined;
  /** A mode of `preprocessingModes`, where the network's own is not known or wrong. */
  readonly preprocessing?: string | undefined;
  readonly emit: EmitEvent;
}

/** A prepared backbone. */
export interface Prepared {
  /** Absolute. */
  readonly dir: string;
  readonly card: Card;
  /** Of the stored weights; undefined where the backbone had been prepared before. */
  readonly bytes: number | undefined;
  /** Where the weights were quantised. */
  readonly change?: FeatureChange;
}

/**
 * Prepares a backbone: its folder appears whole or not at all. A catalogue network that is there already is left as
 * it is; any other folder that is there is refused without `force`.
 * @throws FinetuneError `bad-option`, `not-found`, `download-failed`, `bad-model`, `bad-weights`, `unsupported-layer`
 */
export async function prepareBackbone(request: PrepareRequest): Promise<Prepared> {
  const source = await findSource(request);
  const dir = resolve(request.out ?? join('pretrained', source.name));
  if (existsSync(dir) && !request.force) return await keepExisting(dir, source);
  request.emit({ type: 'prepare', name: source.name, source: source.origin });
  return await withClosing(await source.open({ ...silent, emit: request.emit }), model =>
    convert({ ...model, ...shapeSource(model, request) }, source, dir, request),
  );
}

async function keepExisting(dir: string, source: PrepareSource): Promise<Prepared> {
  const existing = await resolveBackbone(dir).catch(() => undefined);
  if (source.entry !== undefined && existing?.card.name === source.name) {
    return { ...existing, bytes: undefined };
  }
  refuseToReplace(dir);
}

function refuseToReplace(dir: string): never {
  throw new FinetuneError(
    'bad-option',
    `${dir} exists already. Choose another --name or --out, or say --force to replace it.`,
  );
}

async function convert(
  network: OpenModel,
  source: PrepareSource,
  dir: string,
  request: PrepareRequest,
): Promise<Prepared> {
  const { emit, quantize, force } = request;
  const { card: planned, notes } = planCard(network.topology, {
    ...source,
    ...request,
    name: source.name,
    files: network.facts,
  });
  for (const message of [...network.notes, ...notes]) emit({ type: 'warning', message });
  let prepared: Prepared | undefined;
  await writeWholeFolder(dir, { force, whenTaken: () => refuseToReplace(dir) }, async temporary => {
    const { sha256, bytes } = await writeLayersModel(temporary, network, { quantize });
    const card: Card = { ...planned, sha256 };
    await saveCard(temporary, card);
    prepared = { dir, card, bytes };
    if (quantize === undefined) return;
    emit({ type: 'compare', storedAs: quantize });
    const change = await measureFeatureChange(readNetwork(network), await loadLayersModel(temporary), card);
    prepared = { ...prepared, change };
  });
  return prepared!;
}
