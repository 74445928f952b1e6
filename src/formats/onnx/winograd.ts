// Large 3x3 convolutions by Winograd's algorithm: a quarter of the multiplications, for a few passes over memory more.
// The same function but for rounding: results differ from the direct way's by about 1e-5 of the largest.
// F(4x4, 3x3), for interpolation at 0, 1, -1, 2, -2 and infinity: A. Lavin and S. Gray, "Fast Algorithms for
// Convolutional Neural Networks", arXiv:1509.09308, section 4.3.

import { GraphBuilder } from './builder.js';
import { type Initializer, intOf, intsOf, type MapSize, type OnnxGraph, type OnnxNode } from './graph.js';
import { reverseAxes } from './reverse-axes.js';
import { dropUnused } from './simplify.js';

/** Pixels of a tile's side: those that go into it, and those that come out. */
const tile = { input: 6, output: 4 } as const;

/** A tile in Winograd's domain has this many numbers per channel. */
const frequencies = tile.input ** 2;

const inputTransform = [
  [4, 0, -5, 0, 1, 0],
  [0, -4, -4, 1, 1, 0],
  [0, 4, -4, -1, 1, 0],
  [0, -2, -1, 2, 1, 0],
  [0, 2, -1, -2, 1, 0],
  [0, 4, 0, -5, 0, 1],
];

const kernelTransform = [
  [1 / 4, 0, 0],
  [-1 / 6, -1 / 6, -1 / 6],
  [-1 / 6, 1 / 6, -1 / 6],
  [1 / 24, 1 / 12, 1 / 6],
  [1 / 24, -1 / 12, 1 / 6],
  [0, 0, 1],
];

const outputTransform = [
  [1, 1, 1, 1, 1, 0],
  [0, 1, -1, 2, -2, 0],
  [0, 1, 1, 4, 4, 0],
  [0, 1, -1, 8, -8, 1],
];

/**
 * Where it pays, measured on VGG16 on two cores: with fewer kernels the passes over memory take what is saved, and
 * on smaller maps too little is saved for weights that become four times as large.
 */
const worthwhile = { kernels: 64 * 128, pixels: 28 * 28 } as const;

/** Rewrites the convolutions that gain by it. They take more memory for it, and longer to start. */
export function useWinograd(graph: OnnxGraph): OnnxGraph {
  const builder = new GraphBuilder(graph);
  for (const node of graph.nodes) {
    const convolution = planConvolution(graph, node);
    if (convolution === undefined) builder.nodes.push(node);
    else writeConvolution(builder, convolution);
  }
  return dropUnused({ ...graph, nodes: builder.nodes, initializers: builder.initializers });
}

/** A convolution to rewrite. In comments, k are its output channels, c its input channels, n images and t tiles. */
interface Convolution {
  readonly node: OnnxNode;
  readonly kernel: Initializer;
  readonly output: MapSize;
  /** Rows and columns of tiles that cover the output. */
  readonly tiles: MapSize;
  readonly channels: { readonly output: number; readonly input: number };
}

/** Undefined where the node is to stay as it is. */
function planConvolution(graph: OnnxGraph, node: OnnxNode): Convolution | undefined {
  const output = graph.mapSizes.get(node.name);
  const kernel = graph.initializers.get(node.inputs[1] ?? '');
  if (node.op !== 'Conv' || !output || !kernel || intOf(node, 'group', 1) !== 1) return undefined;
  const [outputs = 0, inputs = 0, ...sides] = kernel.shape;
  const steps = [...intsOf(node, 'strides', [1, 1]), ...intsOf(node, 'dilations', [1, 1])];
  const isPlain = sides.every(side => side === 3) && steps.every(step => step === 1);
  const gains = outputs * inputs >= worthwhile.kernels && output[0] * output[1] >= worthwhile.pixels;
  if (!isPlain || !gains) return undefined;
  const tiles = [Math.ceil(output[0] / tile.output), Math.ceil(output[1] / tile.output)] as const;
  return { node, kernel, output, tiles, channels: { output: outputs, input: inputs } };
}

function writeConvolution(graph: GraphBuilder, convolution: Convolution): void {
  const tiles = transformInput(graph, convolution);
  const products = multiply(graph, convolution, tiles);
  const pixels = transformOutput(graph, convolution, products);
  placeOutput(graph, convolution, joinTiles(graph, convolution, pixels));
}

/** The map's overlapping tiles in Winograd's domain: `[36, c, n * t]` */
function transformInput(graph: GraphBuilder, { node, output, tiles, channels }: Convolution): string {
  const kernel = graph.constant(
    `winograd/input/${channels.input}`,
    [channels.input * frequencies, 1, tile.input, tile.input],
    () => inputKernel(channels.input),
  );
  const [top = 0, left = 0, bottom = 0, right = 0] = intsOf(node, 'pads', []);
  // The last tiles may reach over the edge.
  const [below, beside] = [tiles[0] * tile.output - output[0], tiles[1] * tile.output - output[1]];
  const [image = ''] = node.inputs;
  const transformed = graph.node('Conv', `${node.name}/tiles`, [image, kernel], {
    kernel_shape: { ints: [tile.input, tile.input] },
    strides: { ints: [tile.output, tile.output] },
    pads: { ints: [top, left, bottom + below, right + beside] },
    group: { int: channels.input },
  }); // [n, c * 36, rows, columns]
  const shape = [-1, channels.input, frequencies, tiles[0] * tiles[1]];
  const turned = transpose(graph, reshape(graph, transformed, shape), [2, 1, 0, 3]);
  return reshape(graph, turned, [frequencies, channels.input, -1]);
}

/** What the convolution became, a matrix product per frequency: `[36, k, n * t]` */
function multiply(graph: GraphBuilder, { node, kernel, channels }: Convolution, tiles: string): string {
  const count = channels.output * channels.input;
  const places = graph.constant(`${node.name}/places`, [9, count], () =>
    reverseAxes(floatsOf(kernel), [count, 1, 9]),
  );
  const matrix = graph.constant('winograd/kernel', [frequencies, 9], kernelMatrix);
  // Made of constants alone: ONNX Runtime works it out once, when it opens the model.
  const kernels = graph.node('MatMul', `${node.name}/kernels`, [matrix, places]);
  const transformed = reshape(graph, kernels, [frequencies, channels.output, channels.input]);
  return graph.node('MatMul', `${node.name}/products`, [transformed, tiles]);
}

function floatsOf({ data }: Initializer): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from<number | bigint>(data, Number);
}

/** Back to pixels, by their place in a tile: `[4, 4, k * n * t]` */
function transformOutput(graph: GraphBuilder, { node }: Convolution, products: string): string {
  const matrix = graph.constant('winograd/output', [tile.output ** 2, frequencies], outputMatrix);
  const flat = reshape(graph, products, [frequencies, -1]);
  const pixels = graph.node('MatMul', `${node.name}/pixels`, [matrix, flat]);
  return reshape(graph, pixels, [tile.output, tile.output, -1]);
}

/** Tiles side by side, with the bias: `[n, k, rows * 4, columns * 4]`. One axis after the other is faster than both. */
function joinTiles(graph: GraphBuilder, { node, tiles, channels }: Convolution, pixels: string): string {
  const [rows, columns] = tiles;
  const lines = transpose(graph, pixels, [0, 2, 1]);
  const biased = addBias(graph, node, reshape(graph, lines, [tile.output, channels.output, -1]));
  const wide = reshape(graph, biased, [tile.output, channels.output, -1, rows, columns * tile.output]);
  const turned = transpose(graph, wide, [2, 1, 3, 0, 4]);
  return reshape(graph, turned, [-1, channels.output, rows * tile.output, columns * tile.output]);
}

/** @param pixels `[4, k, n * t * 4]` */
function addBias(graph: GraphBuilder, node: OnnxNode, pixels: string): string {
  const bias = graph.initializers.get(node.inputs[2] ?? '');
  if (bias === undefined) return pixels;
  const column = graph.constant(`${node.name}/column`, [...bias.shape, 1], () => bias.data);
  return graph.node('Add', `${node.name}/biased`, [pixels, column]);
}

/** Takes the place of the convolution's output; tiles may reach over its edges. */
function placeOutput(graph: GraphBuilder, { node, output, tiles }: Convolution, map: string): void {
  const isWhole = tiles.every((count, axis) => count * tile.output === output[axis]);
  const place = { name: node.name, outputs: node.outputs, attributes: {} };
  if (isWhole) graph.nodes.push({ op: 'Identity', inputs: [map], ...place });
  else {
    const bounds = [[0, 0], output, [2, 3]].map(values => graph.integers(values));
    graph.nodes.push({ op: 'Slice', inputs: [map, ...bounds], ...place });
  }
}

function reshape(graph: GraphBuilder, value: string, shape: readonly number[]): string {
  return graph.node('Reshape', `${value}/reshaped`, [value, graph.integers(shape)]);
}

function transpose(graph: GraphBuilder, value: string, permutation: readonly number[]): string {
  return graph.node('Transpose', `${value}/turned`, [value], { perm: { ints: permutation } });
}

/** A convolution that transforms every channel's tiles: `[channels * 36, 1, 6, 6]`. */
function inputKernel(channels: number): Float32Array {
  const once = overBothAxes(inputTransform).flat();
  const kernel = new Float32Array(channels * once.length);
  for (let start = 0; start < kernel.length; start += once.length) kernel.set(once, start);
  return kernel;
}

/** From 36 numbers to the 16 pixels of a tile: `[16, 36]`. */
function outputMatrix(): Float32Array {
  return Float32Array.from(overBothAxes(outputTransform).flat());
}

/** From the 9 numbers of a kernel to 36: `[36, 9]`. */
function kernelMatrix(): Float32Array {
  return Float32Array.from(overBothAxes(kernelTransform).flat());
}

/** The matrix that transforms rows and columns of a tile which is read row by row: a Kronecker product. */
function overBothAxes(transform: readonly (readonly number[])[]): number[][] {
  return transform.flatMap(rowwise =>
    transform.map(columnwise => rowwise.flatMap(a => columnwise.map(b => a * b))),
  );
}
