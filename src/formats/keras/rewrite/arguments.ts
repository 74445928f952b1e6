// The arguments of an operation: in the config (Keras 3), among the call's keywords or in their places (TensorFlow).

import { isObject } from '../../../system/json.js';
import { tensorPlace } from '../../layer-config/calls.js';
import type { KerasLayer, Tensor } from '../../layer-config/steps.js';
import { wrongSetting } from './settings.js';

/** What an argument is called, by Keras and by TensorFlow, and its place among the positional ones. */
export interface Argument {
  readonly names: readonly string[];
  readonly position: number;
}

/** Numbers that do not depend on the image. */
export interface Constant {
  readonly values: readonly number[];
  readonly shape: readonly number[];
}

/** The value of an argument, undefined where it is not given. */
export function argumentOf({ config, call }: KerasLayer, { names, position }: Argument): unknown {
  for (const source of [config, call?.kwargs ?? {}]) {
    const name = names.find(each => source[each] !== undefined && source[each] !== null);
    if (name !== undefined) return source[name];
  }
  const value = call?.args[position];
  return value === tensorPlace || value === null ? undefined : value;
}

/** @throws FinetuneError `bad-model` unless it is a number, or absent with a fallback */
export function numberOf(layer: KerasLayer, argument: Argument, fallback?: number): number {
  const value = argumentOf(layer, argument) ?? fallback;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  const [only, ...more] = constantOf(value)?.values ?? [];
  if (only !== undefined && more.length === 0) return only;
  throw wrongSetting(layer, argument.names[0] ?? '', 'a number');
}

/** Whether an argument is true. */
export function flagOf(layer: KerasLayer, argument: Argument): boolean {
  return argumentOf(layer, argument) === true;
}

/** A number, an array in nested lists, or one as Keras 3 serializes it. */
export function constantOf(value: unknown): Constant | undefined {
  const plain = isObject(value) && isObject(value.config) ? value.config.value : value;
  const shape: number[] = [];
  for (let inner: unknown = plain; Array.isArray(inner); inner = inner[0]) shape.push(inner.length);
  const values: unknown[] = [plain].flat(8);
  const isNumber = (each: unknown): each is number => typeof each === 'number' && Number.isFinite(each);
  return values.length > 0 && values.every(isNumber) ? { values, shape } : undefined;
}

/**
 * Axes of one example, from 0: `[1, 2]` with the batch becomes `[0, 1]`. Without an argument all of them.
 * @throws FinetuneError `bad-model` where one is none of the tensor's, or the batch's
 */
export function axesOf(layer: KerasLayer, { shape }: Tensor, given: unknown): readonly number[] {
  if (given === undefined) return shape.map((_size, axis) => axis);
  const rank = shape.length + 1;
  const axes = constantOf(given)?.values.map(axis => (axis < 0 ? axis + rank : axis) - 1);
  if (axes?.every(axis => Number.isInteger(axis) && axis >= 0 && axis < shape.length)) return axes;
  throw wrongSetting({ ...layer, config: { axis: given } }, 'axis', `axes from 1 to ${shape.length}`);
}
