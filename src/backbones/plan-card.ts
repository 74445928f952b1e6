// The card of a network that is being prepared: what its topology, its architecture and the files beside it tell, and
// what only the user knows.

import type { Channels, ResizeRule } from '../data/image-rules.js';
import { FinetuneError } from '../errors.js';
import { showShape } from '../network/layer-shape.js';
import type { Network } from '../network/network.js';
import type { NetworkSource } from '../network/source.js';
import { walk } from '../network/walk.js';
import type { Card } from './card.js';
import { cardFormatVersion } from './card.js';
import { choosePreprocessing, type PixelFacts } from './choose-preprocessing.js';
import { planTop, type TopFacts } from './plan-top.js';
import { type PreprocessingMode, preprocessingFor } from './preprocessing.js';

/** What the topology does not say. */
export interface CardFacts extends PixelFacts, TopFacts {
  readonly name: string;
  /** An address or a file's name. */
  readonly origin: string;
  /** The card of a folder that has one already. */
  readonly card?: Card | undefined;
}

/** A card without checksum, and what the user should know about it. */
export interface PlannedCard {
  readonly card: Omit<Card, 'sha256'>;
  readonly notes: readonly string[];
}

/**
 * Plans a network's card. A card that came along is kept, but for what is asked otherwise.
 * @throws FinetuneError `bad-model` for a network that takes no image, or has several outputs; `bad-option` for an unknown preprocessing
 */
export function planCard(network: NetworkSource, facts: CardFacts): PlannedCard {
  const planned = planNewCard(network, facts);
  const { card: existing, name, preprocessing, cut, classNames: asked } = facts;
  if (existing === undefined) return planned;
  const { inputShape, featureLayer, classNames } = planned.card;
  return {
    card: {
      ...existing,
      name,
      inputShape,
      ...(preprocessing !== undefined && { preprocessing: planned.card.preprocessing }),
      ...((cut !== undefined || asked !== undefined) && { featureLayer, classNames }),
    },
    notes: [],
  };
}

function planNewCard(source: NetworkSource, facts: CardFacts): PlannedCard {
  const { entry, files } = facts;
  const network: Network = { topology: source.topology, weights: new Map() };
  const architecture = entry?.name ?? network.topology.config.name;
  const { mode, note } = choosePreprocessing(source, facts);
  const inputShape = imageInput(network);
  validateOutputs(network);
  const { featureLayer, classNames, note: topNote } = planTop(network, { ...facts, architecture });
  const card = {
    formatVersion: cardFormatVersion,
    name: facts.name,
    architecture,
    inputShape,
    preprocessing: preprocessingFor(mode, inputShape[2]),
    resize: files?.resize ?? chooseResize(mode),
    featureLayer,
    classNames,
    source: facts.origin,
    licence: entry?.licence ?? 'unknown: as its author says',
  } as const;
  return { card, notes: [note, topNote].filter(each => each !== undefined) };
}

function imageInput(network: Network): Card['inputShape'] {
  const { name, input_layers: inputs } = network.topology.config;
  const shape = inputs[0] === undefined ? [] : walk(network).callOf(inputs[0]).shape;
  const [height, width, channels] = shape;
  const isImage = inputs.length === 1 && shape.length === 3 && isChannels(channels);
  if (isImage && height !== undefined && width !== undefined) return [height, width, channels];
  throw new FinetuneError(
    'bad-model',
    `The network "${name}" has ${inputs.length} inputs, the first ${showShape(shape)}. ` +
      'Expected one image with 1 to 4 channels, (None, height, width, channels).',
  );
}

/** Which one is meant, only the user knows. */
function validateOutputs({ topology: { config } }: Network): void {
  const names = config.output_layers.map(([layer]) => layer);
  if (names.length === 1) return;
  throw new FinetuneError(
    'bad-model',
    `The network "${config.name}" has ${names.length} outputs: ${names.join(', ')}. ` +
      `Expected one: say --cut ${names[0]}, or whichever is meant.`,
  );
}

function isChannels(size: number | null | undefined): size is Channels {
  return size === 1 || size === 2 || size === 3 || size === 4;
}

/** EfficientNet-Lite is evaluated on a crop; Keras' networks on the image in full, as `load_img` gives it. */
function chooseResize(mode: PreprocessingMode): ResizeRule {
  if (mode === 'lite') return { method: 'crop', interpolation: 'cubic', cropFraction: 224 / 256 };
  return { method: 'stretch', interpolation: 'linear', cropFraction: 1 };
}
