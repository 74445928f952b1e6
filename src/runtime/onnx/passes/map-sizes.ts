// How high and wide the feature maps of a graph are, as far as that can be told without running it.

import { intOf, intsOf, type OnnxGraph, type OnnxNode, sourcesOf } from '../graph.js';

export type MapSize = readonly [height: number, width: number];

const windows: ReadonlySet<string> = new Set(['Conv', 'MaxPool', 'AveragePool']);

/** Operators that leave every pixel where it is; of several inputs, the smaller ones are broadcast. */
const pointwise: ReadonlySet<string> = new Set([
  'Add',
  'BatchNormalization',
  'Clip',
  'Div',
  'Elu',
  'HardSigmoid',
  'LeakyRelu',
  'Mul',
  'PRelu',
  'Relu',
  'Sigmoid',
  'Softplus',
  'Sub',
  'Tanh',
]);

/** The sizes of channels-first feature maps `[n, channels, height, width]`, by the name of the value. */
export function inferMapSizes(graph: OnnxGraph): ReadonlyMap<string, MapSize> {
  const sizes = new Map<string, MapSize>();
  for (const node of graph.nodes) {
    const size = inferSize(graph, node, sizes);
    if (size !== undefined) sizes.set(node.outputs[0]!, size);
  }
  return sizes;
}

function inferSize(
  graph: OnnxGraph,
  node: OnnxNode,
  sizes: ReadonlyMap<string, MapSize>,
): MapSize | undefined {
  if (node.op === 'Transpose') return sizeOfImage(graph, node);
  const known = sourcesOf(graph, node).map(source => sizes.get(source));
  if (known.length === 0 || !known.every(size => size !== undefined)) return undefined;
  if (windows.has(node.op)) return slide(node, known[0]!);
  if (node.op === 'Concat' && intOf(node, 'axis', 1) === 1) return known[0];
  if (!pointwise.has(node.op)) return undefined;
  return [Math.max(...known.map(([height]) => height)), Math.max(...known.map(([, width]) => width))];
}

/** Every feature map comes from the image, which is turned around first. */
function sizeOfImage({ input }: OnnxGraph, node: OnnxNode): MapSize | undefined {
  const [, height, width] = input.shape;
  const isTurned = node.inputs[0] === input.name && intsOf(node, 'perm', []).join() === '0,3,1,2';
  return isTurned && typeof height === 'number' && typeof width === 'number' ? [height, width] : undefined;
}

/** The positions of a window; undefined where the padding is left to the runtime. */
function slide(node: OnnxNode, size: MapSize): MapSize | undefined {
  if (!('pads' in node.attributes) || intOf(node, 'ceil_mode', 0) !== 0) return undefined;
  const pads = intsOf(node, 'pads', [0, 0, 0, 0]);
  const positions = (axis: 0 | 1) => {
    const reach =
      (intsOf(node, 'kernel_shape', [1, 1])[axis]! - 1) * intsOf(node, 'dilations', [1, 1])[axis]! + 1;
    const free = size[axis] + pads[axis]! + pads[axis + 2]! - reach;
    return Math.floor(free / intsOf(node, 'strides', [1, 1])[axis]!) + 1;
  };
  return [positions(0), positions(1)];
}
