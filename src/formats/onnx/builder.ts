// Collects the nodes and constants of a graph while a network is lowered layer by layer, or a pass rewrites it.

import type { Attributes, Initializer, MapSize, OnnxGraph, OnnxNode, TensorData } from './graph.js';

/** A graph under construction; names are made unique. */
export class GraphBuilder {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: Map<string, Initializer>;
  readonly mapSizes = new Map<string, MapSize>();
  readonly #names: Set<string>;
  readonly #byOutput = new Map<string, OnnxNode>();
  readonly #transposed = new Map<string, string>();

  /** @param replaced a graph that this one is to take the place of: its constants are there from the start */
  constructor(replaced?: Pick<OnnxGraph, 'nodes' | 'initializers'>) {
    this.initializers = new Map(replaced?.initializers);
    const outputs = replaced?.nodes.flatMap(node => node.outputs) ?? [];
    // The names of the graph's own input and output are taken from the start.
    this.#names = new Set(['input', 'output', ...this.initializers.keys(), ...outputs]);
  }

  /** Appends a node and returns the name of its only output, which is the node's own name. */
  node(op: string, name: string, inputs: readonly string[], attributes: Attributes = {}): string {
    const unique = this.#uniqueName(name);
    const node: OnnxNode = { op, name: unique, inputs, outputs: [unique], attributes };
    this.nodes.push(node);
    this.#byOutput.set(unique, node);
    return unique;
  }

  /** The node that was appended for a value. */
  producer(value: string): OnnxNode | undefined {
    return this.#byOutput.get(value);
  }

  /** A value with its axes in another order; asked for again, the same node. */
  transposed(value: string, permutation: readonly number[], name: string): string {
    const key = `${permutation}:${value}`;
    const known = this.#transposed.get(key);
    if (known !== undefined) return known;
    const output = this.node('Transpose', name, [value], { perm: { ints: permutation } });
    this.#transposed.set(key, output);
    return output;
  }

  /**
   * Registers a constant and returns its name. The same name again is the same constant:
   * a layer that is called twice has its weights once.
   * @param data called whenever the numbers are needed, so that weights in another order take no memory in between
   */
  constant(name: string, shape: readonly number[], data: () => TensorData): string {
    if (!this.initializers.has(name)) {
      this.#names.add(name);
      this.initializers.set(name, {
        shape,
        get data() {
          return data();
        },
      });
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
