// The card of a network that is being prepared: what its topology, its architecture and the files beside it tell, and
// what only the user knows.

import type { Channels, ResizeRule } from '../data/image-rules.js';
import { FinetuneError } from '../errors.js';
import type { ModelFacts } from '../formats/model-facts.js';
import { findFeatureLayer } from '../network/cut.js';
import { showShape } from '../network/layer-shape.js';
import type { Network } from '../network/network.js';
import type { NetworkSource } from '../network/source.js';
import { outputShape, walk } from '../network/walk.js';
import type { Card } from './card.js';
import { cardFormatVersion } from './card.js';
import type { CatalogueEntry } from './catalogue.js';
import { outputsFit } from './class-scores.js';
import { imagenetClasses } from './imagenet-classes.js';
import { type PixelRange, pixelRangeInside } from './pixel-range.js';
import {
  type PreprocessingMode,
  preprocessingFor,
  preprocessingModes,
  resolvePreprocessing,
  validateMode,
} from './preprocessing.js';

/** What the topology does not say. */
export interface CardFacts {
  readonly name: string;
  /** An address or a file's name. */
  readonly origin: string;
  /** Of a network from the catalogue. */
  readonly entry?: CatalogueEntry | undefined;
  /** What lay beside the network. */
  readonly files?: ModelFacts | undefined;
  /** Of a folder that has one already. */
  readonly card?: Card | undefined;
  /** A mode of `preprocessingModes` that the user asked for. */
  readonly preprocessing?: string | undefined;
  /** The user's names of its classes. */
  readonly classNames?: readonly string[] | undefined;
  /** The layer above which the network was cut off, and with it the classes that came with it. */
  readonly cut?: string | undefined;
}

/** A card without checksum, and what the user should know about it. */
export interface PlannedCard {
  readonly card: Omit<Card, 'sha256'>;
  readonly notes: readonly string[];
}

/**
 * Plans a network's card. A card that came along is kept, but for what is asked otherwise.
 * @throws FinetuneError `bad-model` for a network that takes no image; `bad-option` for an unknown preprocessing
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
  const top = planTop(network, architecture, facts);
  const card = {
    formatVersion: cardFormatVersion,
    name: facts.name,
    architecture,
    inputShape,
    preprocessing: preprocessingFor(mode, inputShape[2]),
    resize: files?.resize ?? chooseResize(mode),
    ...top,
    source: facts.origin,
    licence: entry?.licence ?? 'unknown: as its author says',
  } as const;
  const notes = [note, top.classNames === undefined ? namelessNote(network) : undefined];
  return { card, notes: notes.filter(each => each !== undefined) };
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

function isChannels(size: number | null | undefined): size is Channels {
  return size === 1 || size === 2 || size === 3 || size === 4;
}

/** How pixels go in, and what the user should know about it. */
interface PreprocessingChoice {
  readonly mode: PreprocessingMode;
  readonly note?: string;
}

/** First what is said, then what the network's first layers show, then whose name it bears; else a guess. */
function choosePreprocessing(network: NetworkSource, facts: CardFacts): PreprocessingChoice {
  const { entry, files, preprocessing } = facts;
  const said = preprocessing ?? entry?.preprocessing ?? files?.preprocessing;
  const inside = pixelRangeInside(network);
  const mode = said === undefined ? (inside ?? modeByName(network)) : validateMode(said);
  if (mode === undefined) return { mode: 'unit', note: guessNote(network) };
  const isContradicted = preprocessing !== undefined && inside !== undefined && inside !== mode;
  return isContradicted ? { mode, note: contradiction(mode, inside) } : { mode };
}

function guessNote({ topology }: NetworkSource): string {
  return (
    `Nothing tells which pixels "${topology.config.name}" takes: they are divided by 255, which is a guess. ` +
    `If it was trained otherwise, say --preprocessing ${Object.keys(preprocessingModes).join('|')}, ` +
    'or let photos of its own classes decide: --check DIR.'
  );
}

function contradiction(asked: PreprocessingMode, inside: PixelRange): string {
  const range = { none: '0..255', unit: '0..1', tf: '-1..1' }[inside];
  return (
    `The network's own first layers show that it takes pixels ${range}: with --preprocessing ${asked} they are scaled twice. ` +
    `Leave --preprocessing out, or say --preprocessing ${inside}.`
  );
}

/** What is known of the outermost model, or of one in it, by its name or by its layers'. */
function modeByName({ topology, modelNames = [] }: NetworkSource): PreprocessingMode | undefined {
  const { name, layers } = topology.config;
  const known = [name, ...modelNames]
    .map(each => resolvePreprocessing(each))
    .find(mode => mode !== undefined);
  const isMobileNetV2 = layers.some(({ config }) => config.name === 'expanded_conv_depthwise');
  return known ?? (isMobileNetV2 ? 'tf' : undefined);
}

/** EfficientNet-Lite is evaluated on a crop; Keras' networks on the image in full, as `load_img` gives it. */
function chooseResize(mode: PreprocessingMode): ResizeRule {
  if (mode === 'lite') return { method: 'crop', interpolation: 'cubic', cropFraction: 224 / 256 };
  return { method: 'stretch', interpolation: 'linear', cropFraction: 1 };
}

/** What the classes are, and at which layer the features end, for a network that still has its top. */
function planTop(
  network: Network,
  architecture: string,
  facts: CardFacts,
): Pick<Card, 'featureLayer' | 'classNames'> {
  const { entry, files, cut } = facts;
  const [outputs, ...places] = outputShape(network);
  if (outputs === undefined || places.length > 0) return {};
  const brought = facts.classNames ?? (cut === undefined ? files?.classNames : undefined);
  const classNames = brought ?? imagenetNames(architecture, outputs);
  if (classNames !== undefined && !outputsFit(outputs, classNames)) {
    throw new FinetuneError(
      'bad-model',
      `The network has ${outputs} outputs, but ${classNames.length} class names came with it. Expected one name per output: say --class-names a,b,c (or a file with one per line).`,
    );
  }
  return { featureLayer: entry?.featureLayer ?? findFeatureLayer(network), classNames };
}

/** A network that ends in a pooling gives features; one that ends in a Dense tells classes apart. */
function namelessNote(network: Network): string | undefined {
  const { layers, output_layers: ends } = network.topology.config;
  const last = layers.find(({ config }) => config.name === ends[0]?.[0]);
  const [outputs, ...places] = outputShape(network);
  if (places.length > 0 || last === undefined || !/^(Dense|Softmax|Activation)$/.test(last.class_name))
    return undefined;
  return (
    `The network has ${outputs} output${outputs === 1 ? '' : 's'}, but nothing says what its classes are called. ` +
    'To predict with them, say --class-names a,b,c (or a file with one per line), or put a labels.txt beside the model.'
  );
}

/** A thousand outputs on a network that is published with ImageNet weights are ImageNet's classes. */
function imagenetNames(architecture: string, outputs: number | null): readonly string[] | undefined {
  if (outputs !== imagenetClasses.length || resolvePreprocessing(architecture) === undefined)
    return undefined;
  return imagenetClasses.map(([, name]) => name);
}
