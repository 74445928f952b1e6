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
  const renumber = (layer: string, node: number) => needed.get(layer)!.indexOf(node);
  const layers = config.layers
    .filter(layer => needed.has(layer.config.name))
    .map((layer): LayerConfig => {
      const nodes = needed.get(layer.config.name)!.map(index => inputsOf(layer, index));
      const inbound = nodes.map(inputs =>
        inputs.map(([name, node, ...rest]): InboundTensor => [name, renumber(name, node), ...rest]),
      );
      return { ...layer, inbound_nodes: inbound.filter(inputs => inputs.length > 0) };
    });
  return {
    topology: {
      ...network.topology,
      config: {
        ...config,
        layers,
        input_layers: config.input_layers.filter(([name]) => needed.has(name)),
        output_layers: outputs.map(([name, node, tensor]) => [name, renumber(name, node), tensor]),
      },
    },
    weights: weightsOf(network, needed),
  };
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

function weightsOf(network: Network, needed: NeededNodes): ReadonlyMap<string, WeightTensor> {
  const names = new Set(network.topology.config.layers.map(layer => layer.config.name));
  return new Map([...network.weights].filter(([weight]) => needed.has(weightOwner(weight, names) ?? '')));
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
