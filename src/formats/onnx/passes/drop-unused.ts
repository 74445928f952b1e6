// Removes what the output does not depend on.

import type { OnnxGraph } from '../graph.js';

/** Keeps only nodes and constants that lead to the output. */
export function dropUnused(graph: OnnxGraph): OnnxGraph {
  const needed = new Set([graph.output.name]);
  const nodes = graph.nodes
    .toReversed()
    .filter(node => {
      const isNeeded = node.outputs.some(output => needed.has(output));
      if (isNeeded) for (const input of node.inputs) needed.add(input);
      return isNeeded;
    })
    .reverse();
  const initializers = new Map([...graph.initializers].filter(([name]) => needed.has(name)));
  return { ...graph, nodes, initializers };
}
