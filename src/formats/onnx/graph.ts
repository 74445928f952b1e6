// A graph of ONNX operators as plain values: what the compiler builds, the passes rewrite and the encoder writes.

/** Element types that a constant can have; the array's own type says which: Uint16Array holds the bits of half precision. */
export type TensorData = Float32Array | Uint16Array | Uint8Array | Int8Array | Int32Array | BigInt64Array;

/** A constant, row-major. */
export interface Initializer {
  readonly shape: readonly number[];
  /** May be worked out anew whenever it is read: read it once. */
  readonly data: TensorData;
}

/** An attribute with its ONNX type said: a JavaScript number alone could be an int or a float. */
export type Attribute =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly text: string };

/** A node's attributes by name. */
export type Attributes = Readonly<Record<string, Attribute>>;

/** One operator call. */
export interface OnnxNode {
  readonly op: string;
  /** Unique in its graph; begins with the name of the layer that it comes from. */
  readonly name: string;
  /** Names of values or initializers; `''` for an optional input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly [string, ...string[]];
  readonly attributes: Attributes;
}

/** A graph input or output. An open size is a name: equal names are equal sizes. */
export interface Port {
  readonly name: string;
  readonly type: 'float32' | 'uint8';
  readonly shape: readonly (number | string)[];
}

/** Height and width of a feature map in pixels. */
export type MapSize = readonly [height: number, width: number];

/** A whole graph with one output, and one input where it is a network's. */
export interface OnnxGraph {
  readonly name: string;
  /** In an order in which they can run. */
  readonly nodes: readonly OnnxNode[];
  readonly initializers: ReadonlyMap<string, Initializer>;
  readonly input: Port;
  /** What else is to be given. */
  readonly furtherInputs?: readonly Port[];
  readonly output: Port;
  /** What convolutions give, by the name of their node; only where the size is known. */
  readonly mapSizes: ReadonlyMap<string, MapSize>;
}

/** Every node that reads a value, by the value's name. */
export function consumersOf(graph: OnnxGraph): ReadonlyMap<string, readonly OnnxNode[]> {
  const consumers = new Map<string, OnnxNode[]>();
  for (const node of graph.nodes) {
    for (const input of new Set(node.inputs)) {
      const known = consumers.get(input);
      if (known === undefined) consumers.set(input, [node]);
      else known.push(node);
    }
  }
  return consumers;
}

/** The values that a node reads and other nodes compute. */
export function sourcesOf(graph: OnnxGraph, node: OnnxNode): string[] {
  return node.inputs.filter(input => input !== '' && !graph.initializers.has(input));
}

/** The integers of an attribute, or `fallback` where the node does not have it. */
export function intsOf(node: OnnxNode, attribute: string, fallback: readonly number[]): readonly number[] {
  const found = node.attributes[attribute];
  return found !== undefined && 'ints' in found ? found.ints : fallback;
}

/** The integer of an attribute, or `fallback` where the node does not have it. */
export function intOf(node: OnnxNode, attribute: string, fallback: number): number {
  const found = node.attributes[attribute];
  return found !== undefined && 'int' in found ? found.int : fallback;
}

/** The one value that a node computes. */
export function outputOf({ name, outputs }: OnnxNode): string {
  const [output] = outputs;
  if (output === undefined) throw new Error(`The node ${name} computes nothing.`);
  return output;
}

/** A node that computes one value, which has its name. */
export function nodeFor(
  output: string,
  { op, inputs, attributes = {} }: Pick<OnnxNode, 'op' | 'inputs'> & { readonly attributes?: Attributes },
): OnnxNode {
  return { op, name: output, inputs, outputs: [output], attributes };
}

/** A constant in single precision. */
export function floatsOf(
  graph: OnnxGraph,
  name: string | undefined,
): { readonly shape: readonly number[]; readonly data: Float32Array } {
  const { shape, data } = graph.initializers.get(name ?? '') ?? {};
  if (shape === undefined || !(data instanceof Float32Array))
    throw new Error(`${name} is no float constant.`);
  return { shape, data };
}
