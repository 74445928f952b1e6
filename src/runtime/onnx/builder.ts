// Collects the nodes and constants of a graph while a network is lowered layer by layer.

import type { Attributes, Initializer, OnnxNode, TensorData } from './graph.js';

export class GraphBuilder {
  readonly nodes: OnnxNode[] = [];
  readonly initializers = new Map<string, Initializer>();
  /** Taken from the start: the names of the graph's own input and output. */
  readonly #names = new Set<string>(['input', 'output']);

  /** Appends a node and returns the name of its only output, which is the node's own name. */
  node(op: string, name: string, inputs: readonly string[], attributes: Attributes = {}): string {
    const unique = this.#uniqueName(name);
    this.nodes.push({ op, name: unique, inputs, outputs: [unique], attributes });
    return unique;
  }

  /**
   * Registers a constant and returns its name. The same name again is the same constant:
   * a layer that is called twice has its weights once.
   */
  constant(name: string, shape: readonly number[], data: () => TensorData): string {
    if (!this.initializers.has(name)) {
      this.#names.add(name);
      this.initializers.set(name, { shape, data: data() });
    }
    return name;
  }

  /** A float without dimensions. */
  scalar(value: number): string {
    return this.constant(`constant/${value}`, [], () => Float32Array.of(value));
  }

  /** A list of 64-bit integers, as shapes, axes and pads are given. */
  integers(values: readonly number[]): string {
    return this.constant(`constant/[${values.join(',')}]`, [values.length], () =>
      BigInt64Array.from(values, value => BigInt(value)),
    );
  }

  #uniqueName(wanted: string): string {
    let name = wanted;
    for (let i = 2; this.#names.has(name); i++) name = `${wanted}:${i}`;
    this.#names.add(name);
    return name;
  }
}
