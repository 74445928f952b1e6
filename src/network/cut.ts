// Cutting a network at a layer, taking its top off, changing its input shape, putting layers on top. Networks are never changed, only copied.

import { FinetuneError, refuseOption } from '../errors.js';
import { adaptPadding, minimumSize, withConfig } from './keras-applications.js';
import { showShape } from './layer-shape.js';
import type { FunctionalConfig, LayerConfig, Network, WeightTensor } from './network.js';
import { pruneNetwork } from './prune.js';
import { furthestUses, unknownLayer } from './split.js';
import { variablesOf } from './variables.js';
import { type LayerCall, outputOf, outputShape, Walk, walk } from './walk.js';

/**
 * The network up to and including a layer: what lies above is dropped, with its weights.
 * @throws FinetuneError `bad-option` for an unknown layer, naming the layers that there are
 */
export function cutAt(network: Network, layerName: string): Network {
  const { layers, output_layers: outputs } = network.topology.config;
  const layer = layers.find(({ config }) => config.name === layerName);
  if (layer === undefined) throw unknownLayer(network, layerName);
  if (outputs.length === 1 && outputs[0]?.[0] === layerName) return network;
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
  const { calls } = walk(pruneNetwork(network, [outputOf(network)]));
  const orders = orderOfAxes(calls);
  const reaches = furthestUses(calls);
  let reach = 0;
  let found: LayerCall | undefined;
  for (const [position, call] of calls.entries()) {
    const isFeatureMap = orders.get(call)?.[2] === 'channels' && call.layer.class_name !== 'InputLayer';
    if (reach <= position && isFeatureMap) found = call;
    reach = Math.max(reach, reaches[position] ?? position);
  }
  return found?.layer.config.name;
}

/**
 * The axes of all outputs that still have places: a squeeze-and-excitation gate (1x1 after a global pooling) has none.
 * A resize inside the network exchanges axes, and so do slices of channels, and both put them back.
 */
function orderOfAxes(calls: readonly LayerCall[]): ReadonlyMap<LayerCall, readonly string[]> {
  const flattening = /^(Global.*|Flatten|Reshape)$/;
  const { callOf } = new Walk(calls);
  const orders = new Map<LayerCall, readonly string[]>();
  for (const call of calls) {
    const { layer, inputs, shape } = call;
    const isMean = layer.class_name === 'AveragePooling2D' && shape[0] === 1 && shape[1] === 1;
    if (shape.length !== 3 || isMean || flattening.test(layer.class_name)) continue;
    const before =
      inputs.length === 0
        ? ['height', 'width', 'channels']
        : inputs.map(input => orders.get(callOf(input))).find(order => order !== undefined);
    if (before !== undefined) orders.set(call, exchanged(layer, before));
  }
  return orders;
}

/** The order of axes above a layer. */
function exchanged({ class_name, config }: LayerConfig, before: readonly string[]): readonly string[] {
  const { dims } = config;
  if (class_name !== 'Permute' || !Array.isArray(dims)) return before;
  return dims.map(axis => before[Number(axis) - 1] ?? '');
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
 * The network for another input size. Without its top any size will do that its kernels fit into, or open (null);
 * Keras Applications keep Keras' own minimum, because smaller ones make no sense of their weights. A network with its
 * top takes its own size only, because its dense layers count on it.
 * @throws FinetuneError `bad-option` naming the rule and the size received
 */
export function withInputShape(network: Network, size: readonly [number | null, number | null]): Network {
  const { config } = network.topology;
  const before = walk(network);
  const [input, ...more] = config.input_layers;
  const own = input === undefined ? [] : before.callOf(input).shape;
  const channels = own[2] ?? 0;
  if (input === undefined || more.length > 0 || own.length !== 3 || channels < 1 || channels > 4) {
    throw new FinetuneError(
      'bad-model',
      `The network "${config.name}" takes ${showShape(own)}. Expected one image input with 1 to 4 channels, (None, height, width, channels).`,
    );
  }
  if (own[0] === size[0] && own[1] === size[1]) return network;
  validateSize(network, own.slice(0, 2), size);
  const resized = adaptPadding(
    withConfig(network, input[0], { batch_input_shape: [null, ...size, channels] }),
  );
  validateWeights(before, walk(resized));
  return resized;
}

/** Some weights are as large as the image: those of a resize in the middle, of a PReLU that shares no axes. */
function validateWeights(before: Walk, after: Walk): void {
  const shapesOf = ({ layer, inputShapes: [input = []] }: LayerCall) =>
    variablesOf(layer.class_name, layer.config, input).map(({ shape }) => shape.join());
  const changed = after.calls.find((call, i) => {
    const other = before.calls[i];
    return other === undefined || shapesOf(call).join(';') !== shapesOf(other).join(';');
  });
  if (changed === undefined) return;
  refuseOption(
    `The layer "${changed.layer.config.name}" (${changed.layer.class_name}) has weights for images of the network's own size. ` +
      'Leave the input shape out, or cut the network below that layer.',
  );
}

function validateSize(
  network: Network,
  own: readonly (number | null)[],
  size: readonly (number | null)[],
): void {
  const { name } = network.topology.config;
  const text = size.map(side => side ?? 'open').join('x');
  if (outputShape(network).length !== 3) {
    refuseOption(
      `With its top, "${name}" takes images of exactly ${own.map(side => side ?? 'open').join('x')}. ` +
        `Received: ${text}. Leave the input shape out, or use the network without its top.`,
    );
  }
  const minimum = minimumSize(name);
  if (size.some(side => side !== null && !(Number.isSafeInteger(side) && side >= minimum && side <= 16384))) {
    refuseOption(
      `The input shape must be at least ${minimum}x${minimum} (and at most 16384x16384), or open. Received: ${text}.`,
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
  let [last, nodeIndex, tensorIndex] = outputOf(network);
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
  walk(appended);
  return appended;
}

function withLayers(topology: FunctionalConfig, layers: readonly LayerConfig[]): FunctionalConfig {
  return { ...topology, config: { ...topology.config, layers } };
}
