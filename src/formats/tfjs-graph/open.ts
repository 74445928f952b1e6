// A tfjs graph model as a network of layers, so that it runs, cuts and trains as every other backbone does.

import { FinetuneError } from '../../errors.js';
import type { Network } from '../../network/network.js';
import { Builder, type Value } from './builder.js';
import { type Constant, readConstants } from './constants.js';
import { type Graph, readGraph, tensorInputs } from './graph.js';
import { convertOperation } from './operations.js';

/**
 * Reads a graph model's folder; what its output does not need is left out.
 * @throws FinetuneError `not-found`; `bad-model` when it is malformed; `unsupported-layer` for an operation without a layer
 */
export async function readGraphModel(dir: string): Promise<Network> {
  const graph = await readGraph(dir);
  const constants = await readConstants(dir, graph.weightsManifest);
  const build = new Builder();
  const output = evaluate(graph, constants, build);
  if (output.kind === 'tensor') return build.finish('graph_model', output);
  throw new FinetuneError(
    'bad-model',
    `The output of the graph model in ${dir} does not depend on its input.`,
  );
}

/** Converts the nodes that the output needs, inputs first. */
function evaluate(graph: Graph, constants: ReadonlyMap<string, Constant>, build: Builder): Value {
  const values = new Map<string, Value>(constants);
  const open = new Set<string>();
  const waiting = [graph.output];
  for (let name = waiting.at(-1); name !== undefined; name = waiting.at(-1)) {
    const node = graph.nodes.get(name);
    const missing = node && tensorInputs(node).filter(input => !values.has(input));
    if (values.has(name)) waiting.pop();
    else if (missing === undefined) throw broken(`it refers to "${name}", which it does not have`);
    else if (missing.length === 0) {
      const inputs = tensorInputs(node!).map(input => values.get(input)!);
      values.set(name, convertOperation({ node: node!, inputs, build }));
    } else {
      if (open.has(name)) throw broken(`"${name}" is its own input`);
      open.add(name);
      waiting.push(...missing);
    }
  }
  return values.get(graph.output)!;
}

function broken(reason: string): FinetuneError {
  return new FinetuneError('bad-model', `The graph model is broken: ${reason}. Copy or convert it again.`);
}
