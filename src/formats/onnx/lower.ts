// From a layers topology to a graph of ONNX operators, one layer call after the other.

import { FinetuneError } from '../../errors.js';
import type { Network, TensorReference } from '../../network/network.js';
import { type LayerCall, type Walk, walk } from '../../network/walk.js';
import { GraphBuilder } from './builder.js';
import type { OnnxGraph, Port } from './graph.js';
import { CallToLower, inOrder, type LoweringContext, type Place, type Value } from './lowering/layer-call.js';
import { loweringTable } from './lowering/table.js';

/**
 * Lowers a network with one image input and one output, without any optimisation.
 * @throws FinetuneError `unsupported-layer` | `bad-model` | `bad-weights`
 */
export function lowerNetwork(network: Network): OnnxGraph {
  const { config } = network.topology;
  const calls = walk(network);
  const inputCall = calls.callOf(onlyReference(config.input_layers, 'input'));
  const output = onlyReference(config.output_layers, 'output');
  const input = planInput(inputCall);
  const graph = new GraphBuilder();
  const start: Value = { name: input.name, order: 'channels-last', shape: inputCall.shape };
  const values = new Map([[inputCall, start]]);
  lowerCalls(calls, values, { graph, weights: network.weights });
  const lowered = inOrder(graph, placed(values, calls.callOf(output)), 'channels-last');
  // An input cannot be an output, so a network without layers needs one node.
  const name = lowered.name === input.name ? graph.node('Identity', 'same', [input.name]) : lowered.name;
  const shape = ['N', ...lowered.shape.map((size, axis) => size ?? `output_${axis + 1}`)];
  return {
    name: config.name,
    nodes: graph.nodes,
    initializers: graph.initializers,
    mapSizes: graph.mapSizes,
    input,
    output: { name, type: 'float32', shape },
  };
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

function planInput({ shape }: LayerCall): Port {
  const [height = null, width = null, channels] = shape;
  if (shape.length === 3 && channels != null) {
    return { name: 'input', type: 'float32', shape: ['N', height ?? 'H', width ?? 'W', channels] };
  }
  throw new FinetuneError(
    'bad-model',
    `The network's input has shape ${JSON.stringify([null, ...shape])}. Expected [null, height, width, channels].`,
  );
}

/** Lowers every call and notes where its output is. */
function lowerCalls({ calls, callOf }: Walk, values: Map<LayerCall, Value>, context: LoweringContext): void {
  for (const call of calls.filter(each => !values.has(each))) {
    const inputs = call.inputs.map(input => placed(values, callOf(input)));
    values.set(call, { ...lowerCall(new CallToLower(call, inputs, context)), shape: call.shape });
  }
}

function placed(values: ReadonlyMap<LayerCall, Value>, call: LayerCall): Value {
  const value = values.get(call);
  if (value === undefined) throw new Error(`"${call.layer.config.name}" is used before it is lowered.`);
  return value;
}

function lowerCall(call: CallToLower): Place {
  const lower = loweringTable.get(call.layer.class_name);
  if (lower !== undefined) return lower(call);
  const known = [...loweringTable.keys()].sort().join(', ');
  throw call.unsupported(`this class is not supported. Supported: InputLayer, ${known}`);
}
