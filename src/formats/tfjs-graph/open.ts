// A tfjs graph model as a network of layers, so that it runs, cuts and trains as every other backbone does.

import { FinetuneError } from '../../errors.js';
import { NetworkBuilder } from '../../network/builder.js';
import { inOrderOfNeed } from '../../network/order.js';
import type { NotedNetwork } from '../../network/source.js';
import { add, divide, multiply, subtract } from './arithmetic.js';
import { type Constant, readConstants } from './constants.js';
import { type Graph, type GraphNode, readGraph, tensorInputs } from './graph.js';
import { activation, activationNames, convolution, depthwiseConvolution, matrixProduct } from './kernels.js';
import { inputAt, type Operation, type Value } from './operands.js';
import {
  batchNormalization,
  concatenation,
  mean,
  padding,
  placeholder,
  pooling,
  reshape,
  squeeze,
} from './shaping.js';

/**
 * Reads a graph model's folder; what its output does not need is left out.
 * @throws FinetuneError `not-found`; `bad-model` when it is malformed; `unsupported-layer` for an operation without a layer
 */
export async function readGraphModel(dir: string): Promise<NotedNetwork> {
  const graph = await readGraph(dir);
  const build = new NetworkBuilder();
  const output = convertGraph(graph, await readConstants(dir, graph.weightsManifest), build);
  if (output?.kind !== 'tensor') {
    throw new FinetuneError(
      'bad-model',
      `The output of the graph model in ${dir} does not depend on its input.`,
    );
  }
  const network = build.network('graph_model', output);
  const { length } = network.topology.config.input_layers;
  if (length === 1) return { ...network, notes: describeOutputs(graph) };
  throw new FinetuneError('bad-model', `The graph model has ${length} inputs. Expected one image.`);
}

function describeOutputs({ output, otherOutputs }: Graph): string[] {
  if (otherOutputs.length === 0) return [];
  return [
    `The graph model has ${otherOutputs.length + 1} outputs, of which ${output} is taken. If ${otherOutputs.join(' or ')} is meant, ` +
      'convert the model again with that output alone.',
  ];
}

/** Converts the nodes that the output needs, inputs first; gives back the output. */
function convertGraph(
  graph: Graph,
  constants: ReadonlyMap<string, Constant>,
  build: NetworkBuilder,
): Value | undefined {
  const values = new Map<string, Value>(constants);
  const tasks = neededNodes(graph, constants).map(node => ({
    node,
    key: node.name,
    needs: tensorInputs(node),
    place: `"${node.name}"`,
  }));
  for (const { node, key, needs } of inOrderOfNeed(tasks, constants.keys())) {
    const inputs = needs.flatMap(need => values.get(need) ?? []);
    values.set(key, convertOperation({ node, inputs, build }));
  }
  return values.get(graph.output);
}

/** The nodes that lead to the output, in the order of the file. */
function neededNodes(
  { nodes, output }: Graph,
  constants: ReadonlyMap<string, Constant>,
): readonly GraphNode[] {
  const needed = new Set<string>();
  const waiting = [output];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (needed.has(name) || constants.has(name)) continue;
    needed.add(name);
    const node = nodes.get(name);
    if (node !== undefined) waiting.push(...tensorInputs(node));
  }
  return [...nodes.values()].filter(({ name }) => needed.has(name));
}

type Rule = (operation: Operation) => Value;

/** What each operation of a graph becomes in layers: a row per operation. */
const rules: ReadonlyMap<string, Rule> = new Map([
  ...rows(placeholder, 'Placeholder'),
  ...rows(operation => inputAt(operation, 0), 'Identity', 'StopGradient', 'Snapshot', 'PreventGradient'),
  ...rows(convolution, 'Conv2D', '_FusedConv2D', 'FusedConv2D'),
  ...rows(depthwiseConvolution, 'DepthwiseConv2dNative', 'FusedDepthwiseConv2dNative'),
  ...rows(matrixProduct, 'MatMul', '_FusedMatMul', 'FusedMatMul'),
  ...rows(add, 'BiasAdd', 'Add', 'AddV2'),
  ...rows(subtract, 'Sub'),
  ...rows(multiply, 'Mul'),
  ...rows(divide, 'RealDiv'),
  ...rows(batchNormalization, 'FusedBatchNorm', 'FusedBatchNormV2', 'FusedBatchNormV3'),
  ...rows(pooling, 'MaxPool', 'AvgPool'),
  ...rows(mean, 'Mean'),
  ...rows(padding, 'Pad', 'PadV2'),
  ...rows(reshape, 'Reshape'),
  ...rows(squeeze, 'Squeeze'),
  ...rows(concatenation, 'ConcatV2'),
  ...rows(activation, ...activationNames),
]);

function rows(rule: Rule, ...names: string[]): (readonly [string, Rule])[] {
  return names.map(name => [name, rule]);
}

/** Turns one operation into layers. */
function convertOperation(operation: Operation): Value {
  const { name, op } = operation.node;
  const rule = rules.get(op);
  if (rule !== undefined) return rule(operation);
  throw new FinetuneError(
    'unsupported-layer',
    `The graph's node "${name}" is a ${op}, which is not supported. Supported: ${[...rules.keys()].join(', ')}.`,
  );
}
