// Which nodes of a graph compute in uint8, and how each of their values is quantized.

import { consumersOf, type OnnxGraph, type OnnxNode, outputOf, sourcesOf } from '../../formats/onnx/graph.js';
import { type Calibration, type Quantization, quantizationOf } from './quantization.js';

/** What becomes of a graph's nodes and values. */
export interface QuantizationPlan {
  /** Every value that is kept as uint8, by name. */
  readonly values: ReadonlyMap<string, Quantization>;
  /** The convolutions in uint8, with what they read. */
  readonly convolutions: ReadonlyMap<OnnxNode, ConvolutionInput>;
  /** The clamps that quantization does by the way, by the node before them; they leave the graph. */
  readonly clamps: ReadonlyMap<OnnxNode, OnnxNode>;
}

/** The uint8 input of a convolution. */
export interface ConvolutionInput {
  readonly scale: number;
  /** Mean of every channel that calibration has seen. */
  readonly means: readonly number[];
}

/** Operators that join values: quantized where all that they join is. */
const joiners: ReadonlySet<string> = new Set(['Add', 'Mul', 'Concat']);

/** Operators that move, select or average numbers: what comes out is quantized like what goes in. */
const movers: ReadonlySet<string> = new Set([
  'AveragePool',
  'Flatten',
  'GlobalMaxPool',
  'MaxPool',
  'Reshape',
  'Resize',
  'Transpose',
]);

/** The values whose ranges calibration has to learn. */
export function valuesToObserve(graph: OnnxGraph): string[] {
  const consumers = consumersOf(graph);
  const names = graph.nodes
    .filter(node => node.op === 'Conv' || joiners.has(node.op))
    .flatMap(node => [...sourcesOf(graph, node), outputOf(clampAfter(graph, consumers, node) ?? node)]);
  return [...new Set(names)];
}

/**
 * Decides what is quantized: every convolution after the first few, and what lies between them.
 * What the calibration has not seen stays in float.
 */
export function planQuantization(graph: OnnxGraph, calibration: Calibration): QuantizationPlan {
  const consumers = consumersOf(graph);
  const values = new Map<string, Quantization>();
  const convolutions = new Map<OnnxNode, ConvolutionInput>();
  const clamps = new Map<OnnxNode, OnnxNode>();
  const inFloat = new Set(graph.nodes.filter(node => node.op === 'Conv').slice(0, calibration.floatLayers));
  for (const node of graph.nodes) {
    const sources = sourcesOf(graph, node);
    const input = commonInput(sources, values);
    if (movers.has(node.op) && input !== undefined) values.set(outputOf(node), input);
    const isConvolution = node.op === 'Conv' && !inFloat.has(node);
    const isJoiner = joiners.has(node.op) && input !== undefined;
    if (!isConvolution && !isJoiner) continue;
    const clamp = clampAfter(graph, consumers, node);
    const quantized = quantizeAll([...sources, outputOf(clamp ?? node)], values, calibration);
    for (const [name, quantization] of quantized) values.set(name, quantization);
    if (clamp !== undefined && quantized.size > 0) clamps.set(node, clamp);
    const [[source, { scale }] = ['', { scale: undefined }]] = quantized;
    if (!isConvolution || scale === undefined) continue;
    convolutions.set(node, { scale, means: calibration.values.get(source)?.means ?? [] });
  }
  return { values, convolutions, clamps };
}

/** The first of a node's inputs, if all of them are quantized. */
function commonInput(
  sources: readonly string[],
  values: ReadonlyMap<string, Quantization>,
): Quantization | undefined {
  const [first = ''] = sources;
  return sources.every(source => values.has(source)) ? values.get(first) : undefined;
}

/** How each of the values is quantized; empty where calibration has not seen one of them. */
function quantizeAll(
  names: readonly string[],
  planned: ReadonlyMap<string, Quantization>,
  { values }: Calibration,
): ReadonlyMap<string, Quantization> {
  const quantized = new Map<string, Quantization>();
  for (const name of names) {
    const seen = values.get(name);
    const quantization = planned.get(name) ?? (seen && quantizationOf(seen.range));
    if (quantization === undefined) return new Map();
    quantized.set(name, quantization);
  }
  return quantized;
}

/**
 * The Relu, or Clip from 0 up, that is the only reader of what `node` computes. A quantized value is cut off at the ends
 * of its range anyway.
 */
function clampAfter(
  graph: OnnxGraph,
  consumers: ReadonlyMap<string, readonly OnnxNode[]>,
  node: OnnxNode,
): OnnxNode | undefined {
  const output = outputOf(node);
  const [only, ...others] = consumers.get(output) ?? [];
  if (only === undefined || others.length > 0 || output === graph.output.name) return undefined;
  if (only.op === 'Relu') return only;
  const [, least = ''] = only.inputs;
  return only.op === 'Clip' && graph.initializers.get(least)?.data[0] === 0 ? only : undefined;
}
