// Which nodes of a graph run on bytes, and how each of their values is quantised.

import { consumersOf, type OnnxGraph, type OnnxNode, sourcesOf } from '../../formats/onnx/graph.js';
import type { Calibration } from './calibration.js';
import { clampAfter } from './clamp.js';
import { type Quantization, quantizationOf } from './quantization.js';

export interface QuantizationPlan {
  /** Every value that is kept as uint8, by name. */
  readonly values: ReadonlyMap<string, Quantization>;
  /** The nodes that compute on bytes. */
  readonly nodes: ReadonlySet<OnnxNode>;
  /** The clamps that quantisation does by the way, by the node before them; they leave the graph. */
  readonly clamps: ReadonlyMap<OnnxNode, OnnxNode>;
}

/** Operators that join values: quantised where all that they join is. */
const joiners: ReadonlySet<string> = new Set(['Add', 'Mul', 'Concat']);

/** Operators that move, select or average numbers: what comes out is quantised like what goes in. */
const movers: ReadonlySet<string> = new Set([
  'AveragePool',
  'Flatten',
  'GlobalMaxPool',
  'MaxPool',
  'Reshape',
  'Resize',
  'Transpose',
]);

/** The values that calibration has to look at. */
export function valuesToObserve(graph: OnnxGraph): string[] {
  const consumers = consumersOf(graph);
  const names = graph.nodes
    .filter(node => node.op === 'Conv' || joiners.has(node.op))
    .flatMap(node => [...sourcesOf(graph, node), (clampAfter(graph, consumers, node) ?? node).outputs[0]!]);
  return [...new Set(names)];
}

/**
 * Decides what is quantised: every convolution after the first few, and what lies between them.
 * What the calibration has not seen stays in float.
 */
export function planQuantization(graph: OnnxGraph, calibration: Calibration): QuantizationPlan {
  const consumers = consumersOf(graph);
  const values = new Map<string, Quantization>();
  const nodes = new Set<OnnxNode>();
  const clamps = new Map<OnnxNode, OnnxNode>();
  const inFloat = new Set(graph.nodes.filter(node => node.op === 'Conv').slice(0, calibration.floatLayers));
  for (const node of graph.nodes) {
    const sources = sourcesOf(graph, node);
    const allBytes = sources.length > 0 && sources.every(source => values.has(source));
    if (movers.has(node.op) && allBytes) {
      values.set(node.outputs[0]!, values.get(sources[0]!)!);
      nodes.add(node);
      continue;
    }
    const clamp = clampAfter(graph, consumers, node);
    const named = [...sources, (clamp ?? node).outputs[0]!];
    const isWanted = (node.op === 'Conv' && !inFloat.has(node)) || (joiners.has(node.op) && allBytes);
    if (!isWanted || !named.every(name => values.has(name) || calibration.values.has(name))) continue;
    for (const name of named) {
      if (!values.has(name)) values.set(name, quantizationOf(calibration.values.get(name)!.range));
    }
    nodes.add(node);
    if (clamp !== undefined) clamps.set(node, clamp);
  }
  return { values, nodes, clamps };
}
