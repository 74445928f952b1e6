// Windows that slide over a feature map (convolution and pooling): their padding and how many positions they have.

import type { Attributes } from '../graph.js';
import type { LayerCall } from './layer-call.js';

/** What kernel and pooling windows have in common; pairs are height, width. */
export interface Window {
  readonly size: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  readonly padding: 'same' | 'valid';
}

/** Reads a layer's padding. */
export function paddingOf(call: LayerCall): Window['padding'] {
  const padding = call.text('padding', 'valid').toLowerCase();
  if (padding !== 'same' && padding !== 'valid') throw call.unsupported(`padding "${padding}"`);
  return padding;
}

/**
 * The node attributes that place a window as Keras does: with `same`, the odd pixel of padding goes to the end,
 * and at a stride over 1 the amount depends on the input's size.
 */
export function windowAttributes(window: Window, inputSize: readonly (number | null)[]): Attributes {
  const shared: Attributes = { kernel_shape: { ints: window.size }, strides: { ints: window.strides } };
  if (window.padding === 'valid') return { ...shared, pads: { ints: [0, 0, 0, 0] } };
  const totals = [0, 1].map(axis => samePadding(window, axis, inputSize[axis] ?? null));
  const [height, width] = totals;
  // Where the size is open, ONNX works the padding out by the same rule when it knows it.
  if (height == null || width == null) return { ...shared, auto_pad: { text: 'SAME_UPPER' } };
  const begin = [Math.floor(height / 2), Math.floor(width / 2)] as const;
  return { ...shared, pads: { ints: [...begin, height - begin[0], width - begin[1]] } };
}

/** Pixels of padding along an axis, both ends together; null where it depends on an open size. */
function samePadding(window: Window, axis: number, size: number | null): number | null {
  const stride = window.strides[axis]!;
  const reach = reachOf(window, axis);
  if (stride === 1) return reach - 1;
  if (size === null) return null;
  return Math.max((Math.ceil(size / stride) - 1) * stride + reach - size, 0);
}

/** Height and width that come out when a window slides over a map of `inputSize`. */
export function windowOutputSize(window: Window, inputSize: readonly (number | null)[]): (number | null)[] {
  return [0, 1].map(axis => {
    const size = inputSize[axis] ?? null;
    if (size === null) return null;
    const positions = window.padding === 'same' ? size : size - reachOf(window, axis) + 1;
    return Math.max(Math.ceil(positions / window.strides[axis]!), 0);
  });
}

/** From the first to the last pixel that a window sees. */
function reachOf({ size, dilations }: Window, axis: number): number {
  return (size[axis]! - 1) * dilations[axis]! + 1;
}
