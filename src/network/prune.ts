// Keeps the part of a network that some outputs depend on.

import { FinetuneError } from '../errors.js';
import type { InboundTensor, LayerConfig, Network, TensorReference, WeightTensor } from './network.js';

/** By layer name: the indices of the nodes (calls) that are needed, ascending. */
type NeededNodes = ReadonlyMap<string, readonly number[]>;

/**
 * The network with other outputs; layers, calls and weights that none of them needs are dropped.
 * @throws FinetuneError `bad-model` when a layer refers to one that is not there
 */
export function pruneNetwork(network: Network, outputs: readonly TensorReference[]): Network {
  const { config } = network.topology;
  const needed = neededNodes(config.layers, outputs);
  const renumber: Redirect = ([name, node, tensor]) => [
    name,
    needed.get(name)?.indexOf(node) ?? node,
    tensor,
  ];
  const layers = config.layers.flatMap((layer): LayerConfig[] => {
    const nodes = needed.get(layer.config.name);
    if (nodes === undefined) return [];
    const inbound = nodes.map(node => inputsOf(layer, node)).filter(inputs => inputs.length > 0);
    return [redirectInputs({ ...layer, inbound_nodes: inbound }, renumber)];
  });
  return {
    topology: {
      ...network.topology,
      config: {
        ...config,
        layers,
        input_layers: config.input_layers.filter(([name]) => needed.has(name)),
        output_layers: outputs.map(renumber),
      },
    },
    weights: weightsOf(network, name => needed.has(name)),
  };
}

/** Where a reference to a tensor leads instead. */
export type Redirect = (reference: TensorReference) => TensorReference;

/** A layer whose inputs come from elsewhere. */
export function redirectInputs(layer: LayerConfig, redirect: Redirect): LayerConfig {
  const inbound = layer.inbound_nodes?.map(inputs =>
    inputs.map(([name, node, tensor, kwargs]): InboundTensor => [...redirect([name, node, tensor]), kwargs]),
  );
  return inbound === undefined ? layer : { ...layer, inbound_nodes: inbound };
}

/** The weights of some of a network's layers: the same arrays, not copies. */
export function weightsOf(
  network: Network,
  isWanted: (layerName: string) => boolean,
): ReadonlyMap<string, WeightTensor> {
  const names = new Set(network.topology.config.layers.map(layer => layer.config.name));
  return new Map([...network.weights].filter(([weight]) => isWanted(weightOwner(weight, names) ?? '')));
}

function neededNodes(layers: readonly LayerConfig[], outputs: readonly TensorReference[]): NeededNodes {
  const byName = new Map(layers.map(layer => [layer.config.name, layer]));
  const needed = new Map<string, Set<number>>();
  const waiting: (readonly [string, number, ...unknown[]])[] = [...outputs];
  for (let call = waiting.pop(); call !== undefined; call = waiting.pop()) {
    const [name, node] = call;
    const layer = byName.get(name);
    if (layer === undefined) {
      throw new FinetuneError('bad-model', `The network refers to a layer "${name}" that it does not have.`);
    }
    const nodes = needed.get(name) ?? new Set();
    if (nodes.has(node)) continue;
    needed.set(name, nodes.add(node));
    waiting.push(...inputsOf(layer, node));
  }
  return new Map([...needed].map(([name, nodes]) => [name, [...nodes].sort((a, b) => a - b)]));
}

function inputsOf(layer: LayerConfig, node: number): readonly InboundTensor[] {
  return layer.inbound_nodes?.[node] ?? [];
}

/**
 * The layer that a weight belongs to: the longest layer name that the weight's name begins with, because both may
 * hold slashes (`fire2/squeeze1x1/kernel`).
 */
export function weightOwner(weight: string, layerNames: ReadonlySet<string>): string | undefined {
  for (let end = weight.lastIndexOf('/'); end > 0; end = weight.lastIndexOf('/', end - 1)) {
    const name = weight.slice(0, end);
    if (layerNames.has(name)) return name;
  }
  return undefined;
}
