// Layers that join several tensors.

import type { LayerCall, Lowering } from './layer-call.js';
import { axisInGraph, inOrder, type Order, type Shape, type Value } from './value.js';

export const mergeLowerings: Readonly<Record<string, Lowering>> = {
  Add: call => fold(call, 'Add'),
  Subtract: call => {
    if (call.inputs.length !== 2) throw call.wrong(`takes two inputs and got ${call.inputs.length}`);
    return fold(call, 'Sub');
  },
  Multiply: call => fold(call, 'Mul'),
  Average: call => {
    const sum = fold(call, 'Add', `${call.name}/sum`);
    const mean = call.graph.node('Mul', call.name, [sum.name, call.graph.scalar(1 / call.inputs.length)]);
    return { ...sum, name: mean };
  },
  Maximum: call => fold(call, 'Max'),
  Minimum: call => fold(call, 'Min'),
  Concatenate: concatenate,
  Dot: dot,
};

/** Pairwise from the left: ONNX Runtime fuses a binary Add into the convolution before it, a longer Sum never. */
function fold(call: LayerCall, op: string, name = call.name): Value {
  const inputs = alignRanks(call, alignOrders(call));
  const shape = inputs.map(input => input.shape).reduce((left, right) => broadcast(call, left, right));
  const joined = inputs
    .map(input => input.name)
    .reduce((left, right, i) =>
      call.graph.node(op, i === inputs.length - 1 ? name : `${name}/${i}`, [left, right]),
    );
  return { name: joined, shape, order: inputs[0]!.order };
}

/** All feature maps in one order: that of ONNX as soon as one of them is in it. */
function alignOrders(call: LayerCall): Value[] {
  if (call.inputs.length < 2) throw call.wrong(`takes at least two inputs and got ${call.inputs.length}`);
  const order: Order = call.inputs.some(input => input.order === 'channels-first')
    ? 'channels-first'
    : 'channels-last';
  return call.inputs.map(input =>
    input.shape.length === 4 ? inOrder(call.graph, input, order) : { ...input, order },
  );
}

/** Keras gives a tensor of lower rank axes of size 1 after the batch. */
function alignRanks(call: LayerCall, inputs: readonly Value[]): Value[] {
  const rank = Math.max(...inputs.map(input => input.shape.length));
  return inputs.map(input => {
    const missing = rank - input.shape.length;
    if (missing === 0) return input;
    const shape = [input.shape[0] ?? null, ...new Array<number>(missing).fill(1), ...input.shape.slice(1)];
    return lift(call, input, shape);
  });
}

function lift(call: LayerCall, input: Value, shape: Shape): Value {
  const missing = shape.length - input.shape.length;
  const channelsFirst = shape.length === 4 && input.order === 'channels-first';
  if (channelsFirst && input.shape.length !== 2)
    throw call.unsupported('a feature map joined with a tensor of rank 3');
  const axes = Array.from({ length: missing }, (_, i) => (channelsFirst ? 2 + i : 1 + i));
  const name = call.graph.node('Unsqueeze', `${input.name}/lifted`, [input.name, call.graph.integers(axes)]);
  return { ...input, name, shape };
}

function broadcast(call: LayerCall, left: Shape, right: Shape): Shape {
  return left.map((size, axis) => {
    const other = right[axis] ?? null;
    if (size === 1) return other;
    if (other === 1 || size === other) return size;
    if (size === null || other === null) return size ?? other;
    throw call.wrong(`joins tensors of shapes [${left}] and [${right}]`);
  });
}

function concatenate(call: LayerCall): Value {
  const inputs = alignOrders(call);
  const [axis = -1] = call.integers('axis', [-1]);
  const first = inputs[0]!;
  const kerasAxis = axis < 0 ? axis + first.shape.length : axis;
  if (inputs.some(input => input.shape.length !== first.shape.length) || kerasAxis >= first.shape.length) {
    throw call.wrong(`joins tensors of different ranks, or over an axis (${axis}) that they do not have`);
  }
  const name = call.graph.node(
    'Concat',
    call.name,
    inputs.map(input => input.name),
    {
      axis: { int: axisInGraph(first, kerasAxis) },
    },
  );
  const sizes = inputs.map(input => input.shape[kerasAxis] ?? null);
  const total = sizes.reduce((sum, size) => (sum === null || size === null ? null : sum + size), 0);
  return { ...first, name, shape: first.shape.map((size, i) => (i === kerasAxis ? total : size)) };
}

/** Vectors: their dot product, as a vector of one. Matrices: their product, each turned so that the summed axis meets. */
function dot(call: LayerCall): Value {
  const [one, other] = call.inputs;
  const [first = 1, second = first] = call.integers('axes', []);
  const rank = one?.shape.length;
  if (one === undefined || other === undefined || call.inputs.length > 2 || rank !== other.shape.length) {
    throw call.wrong('takes two inputs of one rank');
  }
  if (rank !== 2 && rank !== 3) throw call.unsupported(`inputs of rank ${rank}`);
  const [left, right] = [unitAlong(call, one, first, 'left'), unitAlong(call, other, second, 'right')];
  if (rank === 2) {
    const products = call.graph.node('Mul', `${call.name}/products`, [left, right]);
    const name = call.graph.node('ReduceSum', call.name, [products, call.graph.integers([1])]);
    return { name, shape: [one.shape[0] ?? null, 1], order: 'channels-last' };
  }
  const rows = first === 2 ? left : turned(call, left);
  const columns = second === 1 ? right : turned(call, right);
  const name = call.graph.node('MatMul', call.name, [rows, columns]);
  const sizes = [one.shape[3 - first] ?? null, other.shape[3 - second] ?? null];
  return { name, shape: [one.shape[0] ?? null, ...sizes], order: 'channels-last' };
}

/** With `normalize`, every vector along the axis divided by its length. */
function unitAlong(call: LayerCall, { name }: Value, axis: number, side: string): string {
  if (!call.flag('normalize', false)) return name;
  const { graph } = call;
  const squares = graph.node('Mul', `${call.name}/${side}/squares`, [name, name]);
  const sum = graph.node('ReduceSum', `${call.name}/${side}/sum`, [squares, graph.integers([axis])]);
  const positive = graph.node('Max', `${call.name}/${side}/positive`, [sum, graph.scalar(1e-12)]);
  const length = graph.node('Sqrt', `${call.name}/${side}/length`, [positive]);
  return graph.node('Div', `${call.name}/${side}`, [name, length]);
}

function turned(call: LayerCall, name: string): string {
  return call.graph.node('Transpose', `${call.name}/${name}/turned`, [name], { perm: { ints: [0, 2, 1] } });
}
