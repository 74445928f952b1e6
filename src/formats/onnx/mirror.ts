// A classifier's graph that averages over an image and its mirror by itself: both go through it as one batch, so that
// weights, and what is known of values for int8, stay as they are.

import { GraphBuilder } from './builder.js';
import type { OnnxGraph } from './graph.js';

const backwards = -1;
/** Past the first column, going backwards. */
const beforeFirst = -(2 ** 31 - 1);

/**
 * The graph that gives the mean of what `graph` gives for every image and for the image in a mirror.
 * @param graph from `[N, height, width, channels]` to `[N, classes]`
 */
export function averageGraphOverMirror(graph: OnnxGraph): OnnxGraph {
  const { input, output } = graph;
  const builder = new GraphBuilder(graph);
  const range = [[-1], [beforeFirst], [2], [backwards]].map(each => builder.integers(each));
  const mirrored = builder.node('Slice', 'mirror/image', [input.name, ...range]);
  const both = builder.node('Concat', 'mirror/both', [input.name, mirrored], { axis: { int: 0 } });
  const before = [...builder.nodes];
  const classes = output.shape.at(-1) ?? -1;
  const pairs = builder.node('Reshape', 'mirror/pairs', [
    output.name,
    builder.integers([2, -1, typeof classes === 'number' ? classes : 0]),
  ]);
  const mean = builder.node('ReduceMean', 'mirror/average', [pairs], {
    axes: { ints: [0] },
    keepdims: { int: 0 },
  });
  const nodes = graph.nodes.map(node => ({
    ...node,
    inputs: node.inputs.map(name => (name === input.name ? both : name)),
  }));
  return {
    ...graph,
    nodes: [...before, ...nodes, ...builder.nodes.slice(before.length)],
    initializers: builder.initializers,
    output: { ...output, name: mean },
  };
}
