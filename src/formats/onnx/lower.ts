// From a layers topology to a graph of ONNX operators, one layer call after the other.

import { FinetuneError } from '../../errors.js';
import type { FunctionalConfig, LayerConfig, Network, TensorReference } from '../../network/network.js';
import { GraphBuilder } from './builder.js';
import type { OnnxGraph, Port } from './graph.js';
import { LayerCall } from './lowering/layer-call.js';
import { loweringTable } from './lowering/table.js';
import { inOrder, type Shape, type Value } from './lowering/value.js';

/**
 * Lowers a network with one image input and one output, without any optimisation.
 * @throws FinetuneError `unsupported-layer` | `bad-model` | `bad-weights`
 */
export function lowerNetwork(network: Network): OnnxGraph {
  const { config } = network.topology;
  const graph = new GraphBuilder();
  const input = planInput(network.topology);
  const values = new Map<string, Value>();
  values.set(keyOf(onlyReference(config.input_layers, 'input')), {
    name: 'input',
    shape: input.shape.map(size => (typeof size === 'number' ? size : null)),
    order: 'channels-last',
  });
  lowerLayers(network, graph, values);
  const output = values.get(keyOf(onlyReference(config.output_layers, 'output')));
  if (output === undefined)
    throw new FinetuneError('bad-model', `The network's output layer does not exist.`);
  return finish(config.name, graph, input, inOrder(graph, output, 'channels-last'));
}

/** A tensor of the topology. All layers here have one output, so the tensor index says nothing. */
function keyOf([layer, nodeIndex]: readonly [string, number, ...unknown[]]): string {
  return `${nodeIndex}:${layer}`;
}

function onlyReference(references: readonly TensorReference[], what: string): TensorReference {
  const [only] = references;
  if (only === undefined || references.length > 1) {
    throw new FinetuneError(
      'bad-model',
      `The network has ${references.length} ${what}s. Expected one image ${what}.`,
    );
  }
  return only;
}

function planInput({ config }: FunctionalConfig): Port {
  const [name] = onlyReference(config.input_layers, 'input');
  const layer = config.layers.find(each => each.config.name === name);
  const given: unknown = layer?.config.batch_input_shape ?? layer?.config.batch_shape;
  if (!isImageShape(given)) {
    throw new FinetuneError(
      'bad-model',
      `The network's input has shape ${JSON.stringify(given)}. Expected [null, height, width, 3].`,
    );
  }
  return {
    name: 'input',
    type: 'float32',
    shape: ['N', given[1] ?? 'H', given[2] ?? 'W', given[3]],
  };
}

function isImageShape(shape: unknown): shape is [unknown, number | null, number | null, number] {
  const isSize = (size: unknown) => Number.isSafeInteger(size) && Number(size) > 0;
  if (!Array.isArray(shape) || shape.length !== 4) return false;
  return [shape[1], shape[2]].every(size => size === null || isSize(size)) && isSize(shape[3]);
}

interface PendingCall {
  readonly layer: LayerConfig;
  readonly key: string;
  readonly sources: readonly string[];
}

/** Lowers every call whose inputs are there, until none is left; topologies mostly list layers in that order. */
function lowerLayers(network: Network, graph: GraphBuilder, values: Map<string, Value>): void {
  let pending = network.topology.config.layers.flatMap(planCalls);
  while (pending.length > 0) {
    const waiting: PendingCall[] = [];
    for (const each of pending) {
      const inputs = each.sources.map(source => values.get(source));
      if (inputs.every(input => input !== undefined)) {
        values.set(each.key, lowerLayer(new LayerCall(each.layer, inputs, graph, network.weights)));
      } else waiting.push(each);
    }
    if (waiting.length === pending.length) {
      throw new FinetuneError(
        'bad-model',
        `Layer "${waiting[0]!.layer.config.name}" gets its input from a layer that does not exist or that waits for it.`,
      );
    }
    pending = waiting;
  }
}

function planCalls(layer: LayerConfig): PendingCall[] {
  if (layer.class_name === 'InputLayer') return [];
  return (layer.inbound_nodes ?? []).map((inbound, nodeIndex) => ({
    layer,
    key: keyOf([layer.config.name, nodeIndex]),
    sources: inbound.map(keyOf),
  }));
}

function lowerLayer(call: LayerCall): Value {
  const lower = loweringTable.get(call.layer.class_name);
  if (lower === undefined) {
    const known = [...loweringTable.keys()].sort().join(', ');
    throw call.unsupported(`this class is not supported. Supported: InputLayer, ${known}`);
  }
  return lower(call);
}

/** A network without layers needs one node, because an input cannot be an output. */
function finish(name: string, graph: GraphBuilder, input: Port, output: Value): OnnxGraph {
  const outputName = output.name === input.name ? graph.node('Identity', 'same', [input.name]) : output.name;
  return {
    name,
    nodes: graph.nodes,
    initializers: graph.initializers,
    mapSizes: graph.mapSizes,
    input,
    output: { name: outputName, type: 'float32', shape: portShape(output.shape) },
  };
}

function portShape(shape: Shape): (number | string)[] {
  return shape.map((size, axis) => size ?? (axis === 0 ? 'N' : `output_${axis}`));
}
