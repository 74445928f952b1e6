// The frozen base of a classifier: which network up to where, for which input, and how its features are named.

import { createHash } from 'node:crypto';
import type { Card } from '../backbones/card.js';
import { resolveBackbone } from '../backbones/resolve.js';
import type { Channels, InputRules, ResizeRule } from '../data/image-rules.js';
import { FinetuneError } from '../errors.js';
import { loadLayersModel } from '../formats/tfjs-layers/layers-model.js';
import { appendLayers, cutAt, removeTop, withInputShape } from '../network/cut.js';
import { fingerprintOf } from '../network/fingerprint.js';
import type { LayerConfig, Network } from '../network/network.js';
import { joinPooledLayers, pooledSizes } from '../network/pooled-layers.js';
import { elementCount } from '../network/source.js';
import { splitAt } from '../network/split.js';
import { outputShape } from '../network/walk.js';
import { planTaps } from './taps.js';

/** What is frozen: pixels go in, one feature vector per image comes out. */
export interface Base {
  /** The card of the classifier to be: the backbone's, with the input shape and resize rule of this training. */
  readonly card: Card;
  /** Height and width of the input in pixels. */
  readonly size: readonly [height: number, width: number];
  /** What is done to a photo before the base. */
  readonly rules: InputRules;
  /** Base and pooling; the head goes on top. */
  readonly network: Network;
  /** The shape of one image's features, e.g. `[1280]`. */
  readonly featureShape: readonly number[];
  /** Lower layers whose pooled outputs come after that of the last one. */
  readonly taps: readonly string[];
  /** How many of the features are of each layer: first those of the last one, then those of the taps. */
  readonly groupSizes: readonly number[];
  /** Content hash of topology and weights. */
  readonly fingerprint: string;
  /** Hash of everything that happens to a photo before the base. */
  readonly preprocessingHash: string;
}

/** Which backbone becomes the base, and where it ends. */
export interface BaseOptions {
  readonly backbone: string;
  readonly inputShape: readonly [number, number] | undefined;
  /** The layer whose output the head gets. */
  readonly cut: string | undefined;
  readonly resize: ResizeRule['method'] | undefined;
  readonly pooling: 'avg' | 'max' | 'flatten';
  /** Lower layers whose pooled outputs are features, too; `auto`: the ends of the topmost stages. Absent: none. */
  readonly taps?: 'auto' | readonly string[] | undefined;
}

/** Loads a backbone, takes its top off, and closes it with the pooling. */
export async function loadBase(options: BaseOptions): Promise<Base> {
  const { dir, card: backboneCard } = await resolveBackbone(options.backbone);
  const size = resolveSize(options, backboneCard);
  const whole = await loadLayersModel(dir, backboneCard.sha256);
  const cut = options.cut === undefined ? removeTop(whole, backboneCard) : cutAt(whole, options.cut);
  const backbone = withInputShape(cut, size);
  const pooled = appendLayers(backbone, [poolingLayer(options.pooling)], []);
  const taps = options.taps === 'auto' ? planTaps(backbone) : (options.taps ?? []);
  const network = taps.length === 0 ? pooled : joinPooledLayers(pooled, taps);
  const { classNames: _top, featureLayer: _cut, ...kept } = backboneCard;
  const [, , channels] = backboneCard.inputShape;
  const card: Card = {
    ...kept,
    inputShape: [...size, channels],
    resize: resolveResize(options.resize, backboneCard),
  };
  return {
    card,
    size,
    rules: { size, channels, resize: card.resize, preprocessing: card.preprocessing },
    network,
    featureShape: outputShape(network).map(size => size ?? 0),
    taps,
    groupSizes: pooledSizes(pooled, taps),
    fingerprint: fingerprintOf(network),
    preprocessingHash: hashOf([card.inputShape, card.resize, card.preprocessing]),
  };
}

/** The base that gives the features of its last layer alone. */
export function withoutTaps(base: Base): Base {
  if (base.taps.length === 0) return base;
  const network = cutAt(base.network, poolingName);
  const [size = 0] = base.groupSizes;
  return {
    ...base,
    ...{ network, taps: [], groupSizes: [size], featureShape: [size], fingerprint: fingerprintOf(network) },
  };
}

/**
 * A base that ends at a lower layer, and what lay above that.
 * @throws FinetuneError `bad-option` where not everything passes through the layer
 */
export function splitBase(
  base: Omit<Base, 'taps' | 'groupSizes'>,
  cut: string,
): { readonly base: Base; readonly trainable: Network } {
  const { base: network, trainable } = splitAt(base.network, cut);
  const featureShape = outputShape(network).map(size => size ?? 0);
  const groupSizes = [elementCount(featureShape)];
  const lower = { network, featureShape, taps: [], groupSizes, fingerprint: fingerprintOf(network) };
  return { base: { ...base, ...lower }, trainable };
}

/**
 * The base of a network that is trained as a whole: its bare input.
 * @param card of the network, less the hash of weights that it has not got yet
 */
export function baseOfInput(
  network: Network,
  card: Omit<Card, 'sha256' | 'inputShape'> & { readonly inputShape: readonly [number, number, Channels] },
): { readonly base: Base; readonly trainable: Network } {
  const [height, width, channels] = card.inputShape;
  const size = [height, width] as const;
  const [input = ['']] = network.topology.config.input_layers;
  const whole = {
    card: { ...card, sha256: noWeights },
    ...{ size, network, featureShape: [], fingerprint: '' },
    rules: { size, channels, resize: card.resize, preprocessing: card.preprocessing },
    preprocessingHash: hashOf([card.inputShape, card.resize, card.preprocessing]),
  };
  return splitBase(whole, input[0]);
}

/** Whether nothing is frozen: what is trained begins at the input. */
export function isBareInput({ network }: Pick<Base, 'network'>): boolean {
  return network.topology.config.layers.length === 1;
}

/** Until the weights are saved. */
const noWeights = '0'.repeat(64);

function resolveSize({ inputShape, backbone }: BaseOptions, card: Card): readonly [number, number] {
  if (inputShape !== undefined) return inputShape;
  const [height, width] = card.inputShape;
  if (height === null || width === null) return [224, 224];
  if (height < 1 || width < 1)
    throw new FinetuneError('bad-model', `The card of ${backbone} has an empty input.`);
  return [height, width];
}

/** No edge of a photo is lost unless `crop` is asked for; interpolated as the backbone was used to. */
function resolveResize(method: ResizeRule['method'] = 'stretch', { resize }: Card): ResizeRule {
  return { method, interpolation: resize.interpolation, cropFraction: method === 'crop' ? cropFraction : 1 };
}

/** The customary 224 / 256 of the short side. */
const cropFraction = 0.875;

/** The layer that pools the backbone's last feature map. */
export const poolingName = 'head_pooling';

function poolingLayer(pooling: BaseOptions['pooling']): LayerConfig {
  const classNames = { avg: 'GlobalAveragePooling2D', max: 'GlobalMaxPooling2D', flatten: 'Flatten' };
  return {
    class_name: classNames[pooling],
    config: { name: poolingName, trainable: true, data_format: 'channels_last' },
  };
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
