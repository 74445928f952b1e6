// A network layer by layer, with the numbers of Keras' model.summary(). From the topology alone: no weight is read.

import { blockStarts } from './blocks.js';
import { showShape } from './layer-shape.js';
import type { FunctionalConfig, LayerConfig } from './network.js';
import type { Shape } from './shape-rules.js';
import { type Variable, variablesOf } from './variables.js';
import { type Walk, walk } from './walk.js';

/** One layer in a network's summary. */
export interface LayerRow {
  readonly name: string;
  readonly className: string;
  /** With the batch dimension, as Keras writes it, e.g. `(None, 7, 7, 512)`. */
  readonly outputShape: string;
  readonly parameters: number;
  /** `layer[node][tensor]` per input; empty for an input layer. */
  readonly connectedTo: readonly string[];
  /** A block begins here that can be unfrozen together with all that follows. */
  readonly startsBlock: boolean;
}

/** A network layer by layer, with Keras' numbers. */
export interface NetworkSummary {
  readonly name: string;
  readonly rows: readonly LayerRow[];
  readonly parameters: number;
  readonly trainable: number;
  /** Every layer takes the output of the one before it. */
  readonly sequential: boolean;
}

/**
 * Shapes and parameters of every layer.
 * @throws FinetuneError `unsupported-layer` | `bad-model` when shapes do not fit
 */
export function summarize(topology: FunctionalConfig): NetworkSummary {
  const network = walk({ topology });
  const { layers, name } = topology.config;
  const described = layers.map(layer => ({ layer, variables: variablesOfLayer(layer, network) }));
  const variables = described.flatMap(each => each.variables);
  const starts = blockStarts({ topology, weights: new Map() });
  return {
    name,
    rows: described.map(each => ({
      ...summarizeLayer(each.layer, network, countParameters(each.variables)),
      startsBlock: starts.has(each.layer.config.name),
    })),
    parameters: countParameters(variables),
    trainable: countParameters(variables.filter(({ trainable }) => trainable)),
    sequential: isSequential(layers),
  };
}

/** A frozen layer's variables count as not trainable. */
function variablesOfLayer({ class_name: className, config }: LayerConfig, network: Walk): Variable[] {
  const [input = []] = network.callOf([config.name, 0, 0]).inputShapes;
  const variables =
    className === 'Normalization' ? normalization(input) : variablesOf(className, config, input);
  return variables.map(variable => ({
    ...variable,
    trainable: variable.trainable && config.trainable !== false,
  }));
}

/** tfjs has no such layer, so Keras' own topologies only: mean, variance, and how many values they came from. */
function normalization(input: Shape): readonly Variable[] {
  const shape = [input.at(-1) ?? Number.NaN];
  const variable = (name: string, size: readonly number[]) => ({ name, shape: size, trainable: false });
  return [variable('mean', shape), variable('variance', shape), variable('count', [])];
}

function countParameters(variables: readonly Variable[]): number {
  return variables.reduce((total, { shape }) => total + shape.reduce((count, size) => count * size, 1), 0);
}

function summarizeLayer(
  layer: LayerConfig,
  network: Walk,
  parameters: number,
): Omit<LayerRow, 'startsBlock'> {
  const { name } = layer.config;
  const nodes = layer.inbound_nodes ?? [];
  const lastCall = Math.max(0, nodes.length - 1);
  return {
    name,
    className: layer.class_name,
    outputShape: showShape(network.callOf([name, lastCall, 0]).shape),
    parameters,
    connectedTo: nodes.flat().map(([input, node, tensor]) => `${input}[${node}][${tensor}]`),
  };
}

function isSequential(layers: readonly LayerConfig[]): boolean {
  return layers.every((layer, i) => {
    const [input, ...more] = (layer.inbound_nodes ?? []).flat();
    return more.length === 0 && input?.[0] === layers[i - 1]?.config.name;
  });
}
