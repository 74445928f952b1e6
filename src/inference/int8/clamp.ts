// Activations that only cut values off: a quantised value cuts off by itself, at the ends of its range.

import type { OnnxGraph, OnnxNode } from '../../formats/onnx/graph.js';

/** The Relu, or Clip from 0 up, that is the only reader of what `node` computes. */
export function clampAfter(
  graph: OnnxGraph,
  consumers: ReadonlyMap<string, readonly OnnxNode[]>,
  node: OnnxNode,
): OnnxNode | undefined {
  const output = node.outputs[0]!;
  const [only, ...others] = consumers.get(output) ?? [];
  if (only === undefined || others.length > 0 || output === graph.output.name) return undefined;
  if (only.op === 'Relu') return only;
  const isFromZero = only.op === 'Clip' && graph.initializers.get(only.inputs[1]!)?.data[0] === 0;
  return isFromZero ? only : undefined;
}
