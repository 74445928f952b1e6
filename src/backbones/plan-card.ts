// The card of a network that is being prepared: what its topology and its architecture tell, what only the user knows.

import type { ResizeRule } from '../data/image-rules.js';
import { FinetuneError } from '../errors.js';
import { findFeatureLayer } from '../network/cut.js';
import { showShape } from '../network/layer-shape.js';
import type { FunctionalConfig, Network } from '../network/network.js';
import { outputShape, walk } from '../network/walk.js';
import type { Card } from './card.js';
import { cardFormatVersion } from './card.js';
import type { CatalogueEntry } from './catalogue.js';
import { imagenetClasses } from './imagenet-classes.js';
import { type PreprocessingMode, preprocessingModes, resolvePreprocessing } from './preprocessing.js';

/** What the topology does not say. */
export interface CardFacts {
  readonly name: string;
  /** Of a network from the catalogue. */
  readonly entry?: CatalogueEntry | undefined;
  /** A mode of `preprocessingModes` that the user asked for. */
  readonly preprocessing?: string | undefined;
  /** Where the file brings them along. */
  readonly classNames?: readonly string[] | undefined;
  /** How photos were cut for it, where that is known. */
  readonly resize?: ResizeRule | undefined;
  readonly source: string;
  readonly licence?: string | undefined;
}

/** A card without checksum, and what the user should know about it. */
export interface PlannedCard {
  readonly card: Omit<Card, 'sha256'>;
  readonly notes: readonly string[];
}

/**
 * Plans a network's card.
 * @throws FinetuneError `bad-model` for a network that takes no photo; `bad-option` for an unknown preprocessing
 */
export function planCard(topology: FunctionalConfig, facts: CardFacts): PlannedCard {
  const network: Network = { topology, weights: new Map() };
  const architecture = facts.entry?.name ?? topology.config.name;
  const inputShape = imageInput(network);
  const outputs = outputShape(network);
  const hasTop = outputs.length === 1;
  const { mode, note } = choosePreprocessing(network, architecture, facts);
  const classNames = facts.classNames ?? (hasTop ? imagenetNames(architecture, outputs[0]!) : undefined);
  if (hasTop && classNames !== undefined && classNames.length !== outputs[0]) {
    throw new FinetuneError(
      'bad-model',
      `The network has ${outputs[0]} outputs, but ${classNames.length} class names came with it. Expected one name per output.`,
    );
  }
  const card = {
    formatVersion: cardFormatVersion,
    name: facts.name,
    architecture,
    inputShape,
    preprocessing: preprocessingModes[mode],
    resize: facts.resize ?? chooseResize(mode),
    featureLayer: hasTop ? (facts.entry?.featureLayer ?? findFeatureLayer(network)) : undefined,
    classNames: hasTop ? classNames : undefined,
    source: facts.source,
    licence: facts.licence ?? facts.entry?.licence ?? 'unknown: as its author says',
  } as const;
  return { card, notes: note === undefined ? [] : [note] };
}

function imageInput(network: Network): Card['inputShape'] {
  const { name, input_layers: inputs } = network.topology.config;
  const shape = inputs[0] === undefined ? [] : walk(network).callOf(inputs[0]).shape;
  if (inputs.length === 1 && shape.length === 3 && shape[2] === 3) return [shape[0]!, shape[1]!, 3];
  throw new FinetuneError(
    'bad-model',
    `The network "${name}" has ${inputs.length} inputs, the first ${showShape(shape)}. ` +
      'Expected one image with 3 channels, (None, height, width, 3).',
  );
}

function choosePreprocessing(
  network: Network,
  architecture: string,
  { entry, preprocessing }: CardFacts,
): { mode: PreprocessingMode; note?: string } {
  const asked = preprocessing ?? entry?.preprocessing;
  const mode =
    asked === undefined
      ? (normalisedInside(network) ?? resolvePreprocessing(architecture))
      : resolvePreprocessing(architecture, asked);
  if (mode !== undefined) return { mode };
  return {
    mode: 'unit',
    note:
      `The network "${architecture}" is not a known one: its pixels will be divided by 255. ` +
      `If it was trained otherwise, say --preprocessing ${Object.keys(preprocessingModes).join('|')}.`,
  };
}

/**
 * What a rescaling or normalisation before the first kernel says: one that divides by tens takes pixels 0..255 (`none`),
 * one that does not takes 0..1 (`unit`), as TensorFlow Hub's models do.
 */
function normalisedInside({ topology }: Network): 'none' | 'unit' | undefined {
  const { layers } = topology.config;
  // A frozen Dense is the matrix of a resize.
  const firstKernel = layers.findIndex(
    ({ class_name: className, config }) =>
      className.includes('Conv') || (className === 'Dense' && config.trainable !== false),
  );
  const before = layers.slice(0, firstKernel).filter(layer => normalisations.has(layer.class_name));
  if (before.length === 0) return undefined;
  const scale = before.reduce((total, { config }) => total * Number(config.scale), 1);
  return scale > 0.1 && before.every(layer => layer.class_name === 'Rescaling') ? 'unit' : 'none';
}

const normalisations = new Set(['Rescaling', 'Normalization', 'BatchNormalization']);

/** EfficientNet-Lite is evaluated on a crop; Keras' networks on the whole photo, as `load_img` gives it. */
function chooseResize(mode: PreprocessingMode): ResizeRule {
  if (mode === 'lite') return { method: 'crop', interpolation: 'cubic', cropFraction: 224 / 256 };
  return { method: 'stretch', interpolation: 'linear', cropFraction: 1 };
}

/** A thousand outputs on a network that is published with ImageNet weights are ImageNet's classes. */
function imagenetNames(architecture: string, outputs: number | null): readonly string[] | undefined {
  if (outputs !== imagenetClasses.length || resolvePreprocessing(architecture) === undefined)
    return undefined;
  return imagenetClasses.map(([, name]) => name);
}
