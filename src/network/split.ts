// A network in two at one of its layers, and two networks joined into one. Weights are never copied: what was a
// Float32Array in the network is the same Float32Array in its part, and again in what is joined.

import { FinetuneError } from '../errors.js';
import { showShape } from './layer-shape.js';
import { LayerNames } from './names.js';
import type { LayerConfig, Network, TensorReference } from './network.js';
import { pruneNetwork, type Redirect, redirectInputs, weightsOf } from './prune.js';
import type { Shape } from './shape-rules.js';
import { callKey, type LayerCall, outputOf, outputShape, walk } from './walk.js';

/** The two parts of a network; `trainable` takes what `base` gives. */
export interface NetworkParts {
  /** From the input up to and including the layer of the split. */
  readonly base: Network;
  /** From the features at the split to the network's output. At the network's last layer it gives its input back. */
  readonly trainable: Network;
}

/**
 * Splits a network above a layer: at the input layer everything is trainable, at the last layer nothing is. What the
 * output does not need is left out.
 * @throws FinetuneError `bad-option` for a layer that there is not, or that not everything passes through; it names the
 * nearest block boundaries
 */
export function splitAt(network: Network, layerName: string): NetworkParts {
  const needed = pruneNetwork(network, [outputOf(network)]);
  const { calls } = walk(needed);
  const position = calls.findLastIndex(({ layer }) => layer.config.name === layerName);
  const cut = calls[position];
  if (cut === undefined) throw unknownLayer(network, layerName);
  if (!boundaryPositions(calls).includes(position)) throw notBoundary(calls, cut);
  const output: TensorReference = [layerName, cut.nodeIndex, 0];
  const upper = calls.slice(position + 1).map(({ layer }) => layer);
  return { base: pruneNetwork(needed, [output]), trainable: upperPart(needed, cut, new Set(upper)) };
}

/**
 * The layers at which a network can be split, in the order of computation, from its input to its output: those that
 * everything passes through, and above which no layer is called that was called before.
 * @example blockBoundaries(mobilenetV2) // ['input_layer', 'Conv1', ..., 'block_2_add', 'block_3_expand', ...]
 */
export function blockBoundaries(network: Network): readonly string[] {
  const { calls } = walk(pruneNetwork(network, [outputOf(network)]));
  return boundaryNames(calls);
}

/**
 * Puts a network on top of another: the inverse of `splitAt`, and how a head comes onto a base. The result has the
 * name of the base.
 * @throws FinetuneError `bad-model` where a layer's name is in both, or the upper one takes another shape
 */
export function join(base: Network, trainable: Network): Network {
  const { config } = base.topology;
  const upper = trainable.topology.config;
  const output = outputOf(base);
  const input = validateJoint(base, trainable);
  const redirect: Redirect = reference => (reference[0] === input ? output : reference);
  const layers = upper.layers
    .filter(layer => layer.config.name !== input)
    .map(layer => redirectInputs(layer, redirect));
  return {
    topology: {
      class_name: 'Model',
      config: {
        ...config,
        layers: [...config.layers, ...layers],
        output_layers: upper.output_layers.map(redirect),
      },
    },
    weights: new Map([...base.weights, ...trainable.weights]),
  };
}

/** Everything above a call, on an input of its own that takes what the call gives. */
function upperPart(network: Network, cut: LayerCall, upper: ReadonlySet<LayerConfig>): Network {
  const { config } = network.topology;
  const names = new LayerNames();
  for (const layer of upper) names.claim(layer.config.name, []);
  const name = names.claim('features', []);
  const redirect: Redirect = reference => (reference[0] === cut.layer.config.name ? [name, 0, 0] : reference);
  const input: LayerConfig = {
    class_name: 'InputLayer',
    config: { batch_input_shape: [null, ...cut.shape], dtype: 'float32', name },
    name,
    inbound_nodes: [],
  };
  const layers = config.layers.filter(layer => upper.has(layer));
  const upperNames = new Set(layers.map(layer => layer.config.name));
  return {
    topology: {
      class_name: 'Model',
      config: {
        name: config.name,
        layers: [input, ...layers.map(layer => redirectInputs(layer, redirect))],
        input_layers: [[name, 0, 0]],
        output_layers: config.output_layers.map(redirect),
      },
    },
    weights: weightsOf(network, owner => upperNames.has(owner)),
  };
}

/**
 * Positions among the calls of a network without superfluous ones, past which nothing reaches: no tensor that was
 * there before, no second input, no layer that was called before. The split is in front of what follows.
 */
function boundaryPositions(calls: readonly LayerCall[]): readonly number[] {
  const reaches = furthestUses(calls);
  const lastCalls = new Map(calls.map(({ layer }, position) => [layer, position]));
  const lastInput = calls.findLastIndex(({ inputs }) => inputs.length === 0);
  const positions: number[] = [];
  let tensorsReach = 0;
  let layersReach = lastInput;
  for (const [position, { layer }] of calls.entries()) {
    layersReach = Math.max(layersReach, lastCalls.get(layer) ?? position);
    if (tensorsReach <= position && layersReach <= position) positions.push(position);
    tensorsReach = Math.max(tensorsReach, reaches[position] ?? position);
  }
  return positions;
}

/** For every call the position of the last call that uses its output; its own where none does. */
export function furthestUses(calls: readonly LayerCall[]): readonly number[] {
  const positions = new Map(
    calls.map(({ layer, nodeIndex }, position) => [callKey(layer.config.name, nodeIndex), position]),
  );
  const furthest = calls.map((_call, position) => position);
  calls.forEach(({ inputs }, position) => {
    for (const [name, node] of inputs) {
      const source = positions.get(callKey(name, node));
      if (source !== undefined) furthest[source] = position;
    }
  });
  return furthest;
}

function boundaryNames(calls: readonly LayerCall[]): readonly string[] {
  return boundaryPositions(calls).flatMap(position => calls[position]?.layer.config.name ?? []);
}

/** The error for a layer that is not in the network; it names those that are. */
export function unknownLayer({ topology: { config } }: Network, layerName: string): FinetuneError {
  const names = config.layers.map(layer => layer.config.name);
  const shown = names.length > 40 ? [...names.slice(0, 20), '...', ...names.slice(-20)] : names;
  return new FinetuneError(
    'bad-option',
    `The network "${config.name}" has no layer "${layerName}". Its layers: ${shown.join(', ')}.`,
  );
}

function notBoundary(calls: readonly LayerCall[], cut: LayerCall): FinetuneError {
  const boundaries = boundaryPositions(calls);
  const nameAt = (position: number | undefined) =>
    position === undefined ? undefined : calls[position]?.layer.config.name;
  const place = calls.indexOf(cut);
  const below = nameAt(boundaries.findLast(position => position < place));
  const above = nameAt(boundaries.find(position => position > place));
  const nearest = [below && `"${below}" below it`, above && `"${above}" above it`].filter(Boolean);
  return new FinetuneError(
    'bad-option',
    `Not everything passes through the layer "${cut.layer.config.name}", so the network cannot be split there. ` +
      `Nearest block boundaries: ${nearest.join(', ') || 'none'}.`,
  );
}

/** Gives back the name of the upper network's input layer. */
function validateJoint(base: Network, trainable: Network): string {
  const upper = trainable.topology.config;
  const [input, ...more] = upper.input_layers;
  if (input === undefined || more.length > 0) {
    throw cannotJoin(base, `"${upper.name}" has ${upper.input_layers.length} inputs. Expected one`);
  }
  const taken = new Set(base.topology.config.layers.map(layer => layer.config.name));
  const double = upper.layers.find(({ config: { name } }) => name !== input[0] && taken.has(name));
  if (double !== undefined) throw cannotJoin(base, `it already has a layer "${double.config.name}"`);
  const given = outputShape(base);
  const wanted = walk(trainable).callOf(input).shape;
  if (!fits(given, wanted)) {
    throw cannotJoin(
      base,
      `it gives ${showShape(given)}, and what is to come on top takes ${showShape(wanted)}`,
    );
  }
  return input[0];
}

function fits(given: Shape, wanted: Shape): boolean {
  return (
    given.length === wanted.length &&
    given.every((size, axis) => size === wanted[axis] || size === null || wanted[axis] === null)
  );
}

function cannotJoin({ topology }: Network, reason: string): FinetuneError {
  return new FinetuneError(
    'bad-model',
    `Nothing can be put on top of the network "${topology.config.name}": ${reason}.`,
  );
}
