// Means, sums, maxima and minima over axes, as pooling over all of them.

import type { KerasLayer, Steps, Tensor } from '../../layer-config/steps.js';
import { scaled } from './activation.js';
import { unsupportedSetting } from './settings.js';

/** What is taken over which axes of one example (from 0). */
export interface Reduction {
  readonly kind: 'mean' | 'max' | 'min' | 'sum';
  readonly axes: readonly number[];
  /** Whether they stay, with a size of 1. */
  readonly keepsAxes: boolean;
}

/**
 * Reduces a layer's input.
 * @throws FinetuneError `unsupported-layer` where sizes are open, or nothing would be left
 */
export function reduce(layer: KerasLayer, steps: Steps, reduction: Reduction): Tensor {
  const { kind, axes, keepsAxes } = reduction;
  const { input } = steps;
  if (kind === 'min') {
    const negative = scaled(input, -1, 0, steps);
    return scaled(pool(layer, steps, negative, { ...reduction, kind: 'max' }), -1, 0, steps);
  }
  if (axes.length === input.shape.length && !keepsAxes) {
    throw unsupportedSetting(layer, 'one number per image as its result: keep the axes (keepdims=True)');
  }
  const pooled = pool(layer, steps, input, reduction);
  if (kind !== 'sum') return pooled;
  const count = axes.reduce((product, axis) => product * (input.shape[axis] ?? Number.NaN), 1);
  if (Number.isNaN(count)) throw unsupportedSetting(layer, 'a sum over an axis of open size');
  return scaled(pooled, count, 0, steps);
}

function pool(layer: KerasLayer, steps: Steps, input: Tensor, { kind, axes, keepsAxes }: Reduction): Tensor {
  const { shape } = input;
  const average = kind === 'max' ? 'Max' : 'Average';
  const after = shape.flatMap((size, axis) => (axes.includes(axis) ? (keepsAxes ? [1] : []) : [size ?? -1]));
  const isOverPlaces = shape.length === 3 && axes.length === 2 && axes.includes(0) && axes.includes(1);
  if (isOverPlaces) {
    const pooled = steps.add(`Global${average}Pooling2D`, { data_format: 'channels_last' }, input);
    return keepsAxes ? steps.add('Reshape', { target_shape: after }, pooled) : pooled;
  }
  const count = axes.reduce((product, axis) => product * (shape[axis] ?? Number.NaN), 1);
  if (Number.isNaN(count) || after.filter(size => size === -1).length > 1) {
    throw unsupportedSetting(layer, 'a reduction over an axis of open size');
  }
  // The axes to reduce come first and become the rows of one image: [count, rest, 1].
  const kept = shape.map((_size, axis) => axis).filter(axis => !axes.includes(axis));
  const dims = [...axes, ...kept].map(axis => axis + 1);
  const isTurned = dims.some((dim, i) => dim !== i + 1);
  const turned = isTurned ? steps.add('Permute', { dims }, input) : input;
  const rest = kept.reduce((product, axis) => product * (shape[axis] ?? Number.NaN), 1);
  const rows = steps.add('Reshape', { target_shape: [count, Number.isNaN(rest) ? -1 : rest, 1] }, turned);
  const window = {
    pool_size: [count, 1],
    strides: [count, 1],
    padding: 'valid',
    data_format: 'channels_last',
  };
  return steps.add('Reshape', { target_shape: after }, steps.add(`${average}Pooling2D`, window, rows));
}
