// Slices: `x[..., ::-1]`, `x[:, 1:-1, 1:-1]`, `x[:, 0]`. A run of rows or columns is cropped; anything else is picked by
// a fixed matrix over that axis.

import { isObject, type JsonObject } from '../../../system/json.js';
import type { KerasLayer, Steps, Tensor } from '../../layer-config/steps.js';
import { argumentOf } from './arguments.js';
import { exchange, unsupportedSetting } from './settings.js';

/** A matrix has as many values as the axis' size squared. */
const maximumSize = 4096;

interface Slice {
  readonly start: number | null;
  readonly stop: number | null;
  readonly step: number;
}

/** What is taken of one axis; a number takes one place and drops the axis. */
type Item = Slice | number;

/** `x[...]`: `GetItem` of Keras 3, `SlicingOpLambda` of Keras 2. */
export function getItem(layer: KerasLayer, steps: Steps): Tensor {
  const keys = keysOf(layer, steps.input.shape.length + 1);
  const items = keys.filter(key => key !== null);
  const [batch, ...taken] = items;
  if (batch === undefined || typeof batch === 'number' || !isWhole(batch)) {
    throw unsupportedSetting(layer, 'a slice that takes images apart');
  }
  const selected = taken.reduce<Tensor>(
    (tensor, item, axis) => select(layer, steps, { tensor, axis, item }),
    steps.input,
  );
  if (keys.length === items.length && taken.every(item => typeof item !== 'number')) return selected;
  return steps.add('Reshape', { target_shape: shapeAfter(keys.slice(1), selected) }, selected);
}

/** One key per axis of the tensor, and null for every new axis. */
function keysOf(layer: KerasLayer, rank: number): readonly (Item | null)[] {
  const given = argumentOf(layer, { names: ['slice_spec', 'key'], position: 1 });
  const keys: readonly unknown[] = Array.isArray(given) ? given : [given];
  const consumed = keys.filter(key => key !== null && !isEllipsis(key)).length;
  const rest = Array<Item>(Math.max(0, rank - consumed)).fill({ start: null, stop: null, step: 1 });
  const place = keys.findIndex(isEllipsis);
  const [before, after] = place < 0 ? [keys, []] : [keys.slice(0, place), keys.slice(place + 1)];
  const parse = (key: unknown) => parseKey(layer, key);
  return [...before.map(parse), ...rest, ...after.map(parse)];
}

function isEllipsis(key: unknown): boolean {
  return isObject(key) && key.class_name === '__ellipsis__';
}

function parseKey(layer: KerasLayer, key: unknown): Item | null {
  if (key === null) return null;
  if (typeof key === 'number' && Number.isSafeInteger(key)) return key;
  if (isObject(key)) {
    const { start = null, stop = null, step = 1 }: JsonObject = isObject(key.config) ? key.config : key;
    const [from, to, by] = [start, stop, step ?? 1];
    if (isBound(from) && isBound(to) && typeof by === 'number' && by !== 0)
      return { start: from, stop: to, step: by };
  }
  throw unsupportedSetting(layer, `the slice ${JSON.stringify(key)?.slice(0, 80)}`);
}

function isBound(value: unknown): value is number | null {
  return value === null || (typeof value === 'number' && Number.isSafeInteger(value));
}

function isWhole({ start, stop, step }: Slice): boolean {
  return (start === null || start === 0) && stop === null && step === 1;
}

interface Selection {
  readonly tensor: Tensor;
  /** The axis of one example, from 0. */
  readonly axis: number;
  readonly item: Item;
}

function select(layer: KerasLayer, steps: Steps, { tensor, axis, item }: Selection): Tensor {
  if (typeof item !== 'number' && isWhole(item)) return tensor;
  const cropping = typeof item === 'number' ? undefined : croppingOf(tensor, axis, item);
  if (cropping !== undefined) {
    return steps.add('Cropping2D', { cropping, data_format: 'channels_last' }, tensor);
  }
  const size = tensor.shape[axis];
  if (size == null || size > maximumSize)
    throw unsupportedSetting(layer, 'a slice of an open or very large axis');
  const indices = typeof item === 'number' ? [item < 0 ? item + size : item] : indicesOf(item, size);
  if (indices.length === 0 || indices.some(index => index < 0 || index >= size)) {
    throw unsupportedSetting(layer, `a slice outside of an axis of ${size}`);
  }
  return onLastAxis(steps, tensor, axis, turned => pick(steps, turned, { size, indices }));
}

/** A run of rows or columns of a feature map, which may be of open size. */
function croppingOf({ shape }: Tensor, axis: number, { start, stop, step }: Slice) {
  const size = shape[axis] ?? null;
  if (shape.length !== 3 || axis > 1 || step !== 1) return undefined;
  const before = start === null ? 0 : start < 0 && size !== null ? Math.max(0, start + size) : start;
  const after = stop === null ? 0 : stop < 0 ? -stop : size === null ? Number.NaN : Math.max(0, size - stop);
  if (!(before >= 0 && after >= 0)) return undefined;
  const none = [0, 0];
  return axis === 0 ? [[before, after], none] : [none, [before, after]];
}

/** As Python's `range(*slice.indices(size))`. */
function indicesOf({ start, stop, step }: Slice, size: number): readonly number[] {
  const bound = (value: number | null, fallback: number): number => {
    if (value === null) return fallback;
    const index = value < 0 ? value + size : value;
    return step > 0 ? Math.min(Math.max(index, 0), size) : Math.min(Math.max(index, -1), size - 1);
  };
  const from = bound(start, step > 0 ? 0 : size - 1);
  const to = bound(stop, step > 0 ? size : -1);
  const count = Math.max(0, Math.ceil((to - from) / step));
  return Array.from({ length: count }, (_, i) => from + i * step);
}

/** Does something to the last axis with another one in its place. */
export function onLastAxis(
  steps: Steps,
  tensor: Tensor,
  axis: number,
  change: (turned: Tensor) => Tensor,
): Tensor {
  const last = tensor.shape.length - 1;
  if (axis === last) return change(tensor);
  const dims = exchange(axis + 1, last + 1, last + 2);
  return steps.add('Permute', { dims }, change(steps.add('Permute', { dims }, tensor)));
}

/** `[..., size]` to `[..., indices]`, by a matrix of zeros and ones. */
function pick(
  steps: Steps,
  tensor: Tensor,
  { size, indices }: { readonly size: number; readonly indices: readonly number[] },
): Tensor {
  const values = new Float32Array(size * indices.length);
  for (const [column, row] of indices.entries()) values[row * indices.length + column] = 1;
  const config = { trainable: false, units: indices.length, use_bias: false, activation: 'linear' };
  const kernel = { name: 'kernel', shape: [size, indices.length], from: { values } };
  return steps.add('Dense', config, tensor, [kernel]);
}

/** A number drops its axis, null adds one of size 1; one size may be open. */
function shapeAfter(keys: readonly (Item | null)[], { shape }: Tensor): readonly number[] {
  let axis = 0;
  return keys.flatMap(key => {
    if (key === null) return [1];
    const size = shape[axis++] ?? -1;
    return typeof key === 'number' ? [] : [size];
  });
}
