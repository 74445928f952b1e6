// Cutting a network at a layer, taking its top off, changing its input shape, putting layers on top. Networks are never changed, only copied.

import { FinetuneError } from '../errors.js';
import { showShape } from './layer-shape.js';
import type { FunctionalConfig, LayerConfig, Network, WeightTensor } from './network.js';
import { pruneNetwork } from './prune.js';
import { adaptPadding, withConfig } from './stride-padding.js';
import { variablesOf } from './variables.js';
import { callKey, type LayerCall, layerCalls, outputShape, shapeOf } from './walk.js';

/**
 * The network up to and including a layer: what lies above is dropped, with its weights.
 * @throws FinetuneError `bad-option` for an unknown layer, naming the layers that there are
 */
export function cutAt(network: Network, layerName: string): Network {
  const { layers, output_layers: outputs } = network.topology.config;
  const layer = layers.find(({ config }) => config.name === layerName);
  if (layer === undefined) {
    const names = layers.map(({ config }) => config.name);
    const shown = names.length > 40 ? [...names.slice(0, 20), '...', ...names.slice(-20)] : names;
    throw new FinetuneError(
      'bad-option',
      `The network "${network.topology.config.name}" has no layer "${layerName}" to cut at. Its layers: ${shown.join(', ')}.`,
    );
  }
  if (outputs.length === 1 && outputs[0]![0] === layerName) return network;
  const lastCall = Math.max(0, (layer.inbound_nodes ?? []).length - 1);
  return pruneNetwork(network, [[layerName, lastCall, 0]]);
}

/**
 * The network without its classifier: up to the card's `featureLayer`, else up to the last layer that still gives
 * feature maps [height, width, channels] and through which everything passes. Without a top it is given back as it is.
 * @throws FinetuneError `bad-model` when there is no such layer
 */
export function removeTop(network: Network, card?: { readonly featureLayer?: string | undefined }): Network {
  const layerName = card?.featureLayer ?? findFeatureLayer(network);
  if (layerName !== undefined) return cutAt(network, layerName);
  throw new FinetuneError(
    'bad-model',
    `The network "${network.topology.config.name}" has no layer that gives feature maps [height, width, channels] and ` +
      'carries everything above it, so it cannot serve as a backbone. Expected a convolutional image network.',
  );
}

/**
 * The last layer that gives feature maps [height, width, channels] and through which everything passes: below a top,
 * or the output of a network that has none.
 */
export function findFeatureLayer(network: Network): string | undefined {
  const calls = [...layerCalls(pruneNetwork(network, network.topology.config.output_layers)).values()];
  const spatial = spatialCalls(calls);
  const furthestUse = furthestUses(calls);
  const candidates = calls.filter(
    ({ layer, nodeIndex }, position) =>
      spatial.has(callKey(layer.config.name, nodeIndex)) &&
      layer.class_name !== 'InputLayer' &&
      furthestUse.slice(0, position).every(use => use <= position),
  );
  return candidates.at(-1)?.layer.config.name;
}

/** Calls whose output still has places: a squeeze-and-excitation gate (1x1 after a global pooling) has none. */
function spatialCalls(calls: readonly LayerCall[]): ReadonlySet<string> {
  const flattening = /^(Global.*|Flatten|Reshape|Dense|Permute)$/;
  const spatial = new Set<string>();
  for (const { layer, nodeIndex, inputs, shape } of calls) {
    const fromSpatial =
      inputs.length === 0 || inputs.some(([name, node]) => spatial.has(callKey(name, node)));
    const isMean = layer.class_name === 'AveragePooling2D' && shape[0] === 1 && shape[1] === 1;
    if (shape.length === 3 && fromSpatial && !isMean && !flattening.test(layer.class_name)) {
      spatial.add(callKey(layer.config.name, nodeIndex));
    }
  }
  return spatial;
}

/** By position in the order of computation: the last position that uses this call's output. */
function furthestUses(calls: readonly LayerCall[]): number[] {
  const positions = new Map(
    calls.map(({ layer, nodeIndex }, i) => [callKey(layer.config.name, nodeIndex), i]),
  );
  const furthest = calls.map((_call, position) => position);
  calls.forEach(({ inputs }, position) => {
    for (const [name, node] of inputs) furthest[positions.get(callKey(name, node))!] = position;
  });
  return furthest;
}

/** Up to which layer a network goes, and what size of image it takes; what is left out stays as it is. */
export interface NetworkShape {
  readonly cut?: string | undefined;
  /** Height and width; null is open. */
  readonly inputShape?: readonly [height: number | null, width: number | null] | undefined;
}

/**
 * The network cut, then at another input size.
 * @throws FinetuneError as `cutAt` and `withInputShape`
 */
export function shapeNetwork(network: Network, { cut, inputShape }: NetworkShape): Network {
  const lower = cut === undefined ? network : cutAt(network, cut);
  return inputShape === undefined ? lower : withInputShape(lower, inputShape);
}

/**
 * The network for another input size. Without its top any size from 32 up, or open (null), will do;
 * a network with its top takes its own size only, because its dense layers count on it.
 * @throws FinetuneError `bad-option` naming the rule and the size received
 */
export function withInputShape(network: Network, size: readonly [number | null, number | null]): Network {
  const { config } = network.topology;
  const inputName = config.input_layers[0]![0];
  const calls = layerCalls(network);
  const own = calls.get(callKey(inputName, 0))!.shape;
  if (own.length !== 3 || own[2] !== 3 || config.input_layers.length !== 1) {
    throw new FinetuneError(
      'bad-model',
      `The network "${config.name}" takes ${showShape(own)}. Expected one image input with 3 channels, (None, height, width, 3).`,
    );
  }
  if (own[0] === size[0] && own[1] === size[1]) return network;
  validateSize(network, own.slice(0, 2), size);
  const resized = adaptPadding(withConfig(network, inputName, { batch_input_shape: [null, ...size, 3] }));
  validateWeights(calls, layerCalls(resized));
  return resized;
}

/** Some weights are as large as the image: those of a resize in the middle, of a PReLU that shares no axes. */
function validateWeights(
  before: ReadonlyMap<string, LayerCall>,
  after: ReadonlyMap<string, LayerCall>,
): void {
  const shapesOf = ({ layer, inputs }: LayerCall, calls: ReadonlyMap<string, LayerCall>) => {
    const input = inputs[0] === undefined ? [] : shapeOf(inputs[0], calls);
    return variablesOf(layer.class_name, layer.config, input).map(({ shape }) => shape.join());
  };
  for (const [key, call] of after) {
    if (shapesOf(call, after).join(';') === shapesOf(before.get(key)!, before).join(';')) continue;
    throw new FinetuneError(
      'bad-option',
      `The layer "${call.layer.config.name}" (${call.layer.class_name}) has weights for images of the network's own size. ` +
        'Leave the input shape out, or cut the network below that layer.',
    );
  }
}

function validateSize(
  network: Network,
  own: readonly (number | null)[],
  size: readonly (number | null)[],
): void {
  const text = size.map(side => side ?? 'open').join('x');
  if (outputShape(network).length !== 3) {
    throw new FinetuneError(
      'bad-option',
      `With its top, "${network.topology.config.name}" takes images of exactly ${own.map(side => side ?? 'open').join('x')}. ` +
        `Received: ${text}. Leave the input shape out, or use the network without its top.`,
    );
  }
  if (size.some(side => side !== null && !(Number.isSafeInteger(side) && side >= 32 && side <= 16384))) {
    throw new FinetuneError(
      'bad-option',
      `The input shape must be at least 32x32 (and at most 16384x16384), or open. Received: ${text}.`,
    );
  }
}

/**
 * Puts layers on top of a network's output, one after the other: pooling, dense layers, a whole head.
 * @param layers without `inbound_nodes`; their names must be new in the network
 * @param weights of the new layers
 * @throws FinetuneError `bad-model` when a name is taken or shapes do not fit
 */
export function appendLayers(
  network: Network,
  layers: readonly LayerConfig[],
  weights: Iterable<WeightTensor>,
): Network {
  const { config } = network.topology;
  const names = new Set(config.layers.map(layer => layer.config.name));
  let [last, nodeIndex, tensorIndex] = config.output_layers[0]!;
  const joined = layers.map((layer): LayerConfig => {
    const { name } = layer.config;
    if (names.has(name)) {
      throw new FinetuneError('bad-model', `The network "${config.name}" already has a layer "${name}".`);
    }
    names.add(name);
    const inbound = [[[last, nodeIndex, tensorIndex, {}] as const]];
    [last, nodeIndex, tensorIndex] = [name, 0, 0];
    return { ...layer, name, inbound_nodes: inbound };
  });
  const topology = withLayers(network.topology, [...config.layers, ...joined]);
  const appended: Network = {
    topology: {
      ...topology,
      config: { ...topology.config, output_layers: [[last, nodeIndex, tensorIndex]] },
    },
    weights: new Map([...network.weights, ...[...weights].map(weight => [weight.name, weight] as const)]),
  };
  layerCalls(appended);
  return appended;
}

function withLayers(topology: FunctionalConfig, layers: readonly LayerConfig[]): FunctionalConfig {
  return { ...topology, config: { ...topology.config, layers } };
}
