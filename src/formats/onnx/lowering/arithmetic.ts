// Layers that join several tensors, and those that multiply by a matrix.

import { lowerActivation } from './activations.js';
import {
  axisInGraph,
  type CallToLower,
  inOrder,
  type Lowering,
  type Order,
  type Place,
  type Value,
} from './layer-call.js';

/** Sums, products and the like, by class. */
export const arithmeticLowerings: Readonly<Record<string, Lowering>> = {
  Add: call => fold(call, 'Add'),
  Subtract: call => {
    if (call.inputs.length !== 2) throw call.wrong(`takes two inputs and got ${call.inputs.length}`);
    return fold(call, 'Sub');
  },
  Multiply: call => fold(call, 'Mul'),
  Average: call => {
    const { name, order } = fold(call, 'Add', `${call.name}/sum`);
    const share = call.graph.scalar(1 / call.inputs.length);
    return { name: call.graph.node('Mul', call.name, [name, share]), order };
  },
  Maximum: call => fold(call, 'Max'),
  Minimum: call => fold(call, 'Min'),
  Concatenate: concatenate,
  Dense: lowerDense,
  Dot: dot,
};

/** Pairwise from the left: ONNX Runtime fuses a binary Add into the convolution before it, a longer Sum never. */
function fold(call: CallToLower, op: string, name = call.name): Place {
  const { order, inputs } = alignOrders(call);
  const names = inputs.map(input => lift(call, input));
  const joined = names.reduce((left, right, i) =>
    call.graph.node(op, i === names.length - 1 ? name : `${name}/${i}`, [left, right]),
  );
  return { name: joined, order };
}

/** All feature maps in one order: that of ONNX as soon as one of them is in it. */
function alignOrders(call: CallToLower): { order: Order; inputs: readonly Value[] } {
  if (call.inputs.length < 2) throw call.wrong(`takes at least two inputs and got ${call.inputs.length}`);
  const order: Order = call.inputs.some(input => input.order === 'channels-first')
    ? 'channels-first'
    : 'channels-last';
  return { order, inputs: call.inputs.map(input => inOrder(call.graph, input, order)) };
}

/** Keras gives a tensor of lower rank axes of size 1 after the batch. */
function lift(call: CallToLower, input: Value): string {
  const missing = call.shape.length - input.shape.length;
  if (missing === 0) return input.name;
  const isBesideMap = call.inputs.some(({ order }) => order === 'channels-first');
  if (isBesideMap && input.shape.length !== 1)
    throw call.unsupported('a feature map joined with a tensor of rank 3');
  const axes = Array.from({ length: missing }, (_, i) => (isBesideMap ? 2 : 1) + i);
  return call.graph.node('Unsqueeze', `${input.name}/lifted`, [input.name, call.graph.integers(axes)]);
}

function concatenate(call: CallToLower): Place {
  const { order, inputs } = alignOrders(call);
  const [axis = -1] = call.integers('axis', [-1]);
  const names = inputs.map(input => input.name);
  const attributes = { axis: { int: axisInGraph({ shape: call.shape, order }, axis) } };
  return { name: call.graph.node('Concat', call.name, names, attributes), order };
}

function lowerDense(call: CallToLower): Place {
  const input = inOrder(call.graph, call.input, 'channels-last');
  const kernel = call.weight('kernel', [call.inputChannels, null]);
  const matrix = call.graph.constant(kernel.name, kernel.shape, () => kernel.data);
  const bias = call.flag('use_bias', true) ? call.weight('bias', [call.shape.at(-1) ?? null]) : undefined;
  const offset = bias && call.graph.constant(bias.name, bias.shape, () => bias.data);
  const name = product(call, [input.name, matrix], offset);
  return lowerActivation(call, { name, order: 'channels-last' });
}

/** Gemm takes matrices only; over more axes Keras multiplies the last one. */
function product(call: CallToLower, factors: readonly [string, string], offset: string | undefined): string {
  if (call.shape.length === 1) {
    return call.graph.node('Gemm', call.name, offset === undefined ? factors : [...factors, offset]);
  }
  const name = call.graph.node('MatMul', call.name, factors);
  return offset === undefined ? name : call.graph.node('Add', `${call.name}/biased`, [name, offset]);
}

/** Vectors: their dot product, as a vector of one. Matrices: their product, each turned so that the summed axis meets. */
function dot(call: CallToLower): Place {
  const [one, other] = call.inputs;
  const [first = 1, second = first] = call.integers('axes', []);
  const rank = one && one.shape.length + 1;
  if (one === undefined || other === undefined || call.inputs.length > 2) {
    throw call.wrong('takes two inputs of one rank');
  }
  if (one.shape.length !== other.shape.length) throw call.wrong('takes two inputs of one rank');
  if (rank !== 2 && rank !== 3) throw call.unsupported(`inputs of rank ${rank}`);
  const left = unitAlong(call, one, { axis: first, label: 'left' });
  const right = unitAlong(call, other, { axis: second, label: 'right' });
  if (rank === 2) {
    const products = call.graph.node('Mul', `${call.name}/products`, [left, right]);
    const name = call.graph.node('ReduceSum', call.name, [products, call.graph.integers([1])]);
    return { name, order: 'channels-last' };
  }
  const rows = first === 2 ? left : turned(call, left);
  const columns = second === 1 ? right : turned(call, right);
  return { name: call.graph.node('MatMul', call.name, [rows, columns]), order: 'channels-last' };
}

/** With `normalize`, every vector along the axis divided by its length. */
function unitAlong(
  call: CallToLower,
  { name }: Value,
  { axis, label }: { readonly axis: number; readonly label: string },
): string {
  if (!call.flag('normalize', false)) return name;
  const { graph } = call;
  const squares = graph.node('Mul', `${call.name}/${label}/squares`, [name, name]);
  const sum = graph.node('ReduceSum', `${call.name}/${label}/sum`, [squares, graph.integers([axis])]);
  const positive = graph.node('Max', `${call.name}/${label}/positive`, [sum, graph.scalar(1e-12)]);
  const length = graph.node('Sqrt', `${call.name}/${label}/length`, [positive]);
  return graph.node('Div', `${call.name}/${label}`, [name, length]);
}

function turned(call: CallToLower, name: string): string {
  return call.graph.transposed(name, [0, 2, 1], `${call.name}/${name}/turned`);
}
