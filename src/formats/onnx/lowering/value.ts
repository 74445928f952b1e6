// A tensor on its way through the lowering: its name in the graph, its shape in Keras' terms, and how it lies there.

import type { GraphBuilder } from '../builder.js';

/** Sizes in Keras' order, the batch first; null where open. */
export type Shape = readonly (number | null)[];

/**
 * How a feature map lies in the graph: `channels-last` as in Keras, `channels-first` as ONNX' operators want it.
 * Tensors that are not of rank 4 always lie as in Keras.
 */
export type Order = 'channels-last' | 'channels-first';

export interface Value {
  readonly name: string;
  readonly shape: Shape;
  readonly order: Order;
}

/** The same tensor in the wanted order, transposed only where it must be. */
export function inOrder(graph: GraphBuilder, value: Value, order: Order): Value {
  if (value.order === order || value.shape.length !== 4) return value;
  const permutation = order === 'channels-first' ? [0, 3, 1, 2] : [0, 2, 3, 1];
  const wanted = `${value.name}/${order}`;
  const known = graph.nodes.find(node => node.inputs[0] === value.name && node.name.startsWith(wanted));
  const name = known?.name ?? graph.node('Transpose', wanted, [value.name], { perm: { ints: permutation } });
  return { ...value, name, order };
}

/** Where Keras' axis (negative ones count from the end) lies in the graph. */
export function axisInGraph(value: Value, kerasAxis: number): number {
  const axis = kerasAxis < 0 ? kerasAxis + value.shape.length : kerasAxis;
  if (value.shape.length !== 4 || value.order === 'channels-last') return axis;
  return [0, 2, 3, 1][axis] ?? axis;
}

/** The shape that lets a vector of one number per channel be broadcast over `value`. */
export function channelShape(value: Value, channels: number): number[] {
  return value.order === 'channels-first' && value.shape.length === 4 ? [channels, 1, 1] : [channels];
}

/** The number of channels of a tensor, its last size in Keras' order. */
export function channelsOf(value: Value): number | null {
  return value.shape.at(-1) ?? null;
}

/** A value of the same shape and order under another name. */
export function sameAs(value: Value, name: string): Value {
  return { ...value, name };
}
