// A ZeroPadding2D before a convolution becomes the convolution's own padding.

import { consumersOf, intsOf, type OnnxGraph, type OnnxNode } from '../graph.js';

/** Merges Pad nodes into the convolutions that read them; the Pad itself is left for `dropUnused`. */
export function foldPadding(graph: OnnxGraph): OnnxGraph {
  const pads = new Map(
    graph.nodes.filter(node => node.op === 'Pad').map(node => [node.outputs[0]!, node] as const),
  );
  if (pads.size === 0) return graph;
  const consumers = consumersOf(graph);
  const nodes = graph.nodes.map(node => {
    const pad = pads.get(node.inputs[0] ?? '');
    const isOnlyForConvolutions = pad && consumers.get(pad.outputs[0]!)!.every(takesPadding);
    return isOnlyForConvolutions ? merge(graph, pad, node) : node;
  });
  return { ...graph, nodes };
}

/** Max pooling does not: it pads with minus infinity, not with zero. */
function takesPadding(node: OnnxNode): boolean {
  return node.op === 'Conv' && 'pads' in node.attributes;
}

function merge(graph: OnnxGraph, pad: OnnxNode, convolution: OnnxNode): OnnxNode {
  const margins = Array.from(graph.initializers.get(pad.inputs[1]!)!.data, Number);
  const [top, left, bottom, right] = [margins[2]!, margins[3]!, margins[6]!, margins[7]!];
  const own = intsOf(convolution, 'pads', [0, 0, 0, 0]);
  const pads = [top, left, bottom, right].map((margin, i) => margin + own[i]!);
  return {
    ...convolution,
    inputs: [pad.inputs[0]!, ...convolution.inputs.slice(1)],
    attributes: { ...convolution.attributes, pads: { ints: pads } },
  };
}
