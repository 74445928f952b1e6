// Reading the settings of a Keras layer: both generations' notations, and the refusals.

import { FinetuneError } from '../../../errors.js';
import { isObject, type JsonObject } from '../../../system/json.js';
import type { KerasLayer } from '../../layer-config/steps.js';

/** The settings of these names, where the config has them. */
export function pick(config: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(
    names.filter(name => Object.hasOwn(config, name)).map(name => [name, config[name]]),
  );
}

/** What every layer keeps: whether it was frozen. */
export function common({ config }: KerasLayer): JsonObject {
  return config.trainable === false ? { trainable: false } : {};
}

/** The error for a setting that tfjs cannot express. */
export function unsupportedSetting({ place, className }: KerasLayer, setting: string): FinetuneError {
  return new FinetuneError(
    'unsupported-layer',
    `The layer ${place} (${className}) has ${setting}, which is not supported. Rebuild the model without it, or train on a part of it that ends before.`,
  );
}

/** @throws FinetuneError `unsupported-layer` unless the setting has one of the values or is absent */
export function requireSetting(layer: KerasLayer, name: string, ...allowed: readonly unknown[]): void {
  const value = layer.config[name] ?? null;
  if (value === null || allowed.includes(value)) return;
  throw unsupportedSetting(layer, `${name}=${JSON.stringify(value).slice(0, 80)}`);
}

/**
 * A number or a list of them as a list, one per axis.
 * @throws FinetuneError `bad-model` when it is neither, or of another length
 */
export function perAxis(layer: KerasLayer, name: string, axes: number, fallback?: number): readonly number[] {
  const value = layer.config[name] ?? fallback;
  const list = Array.isArray(value) ? value : Array<unknown>(axes).fill(value);
  if (list.length === axes && list.every(item => Number.isSafeInteger(item) && item > 0)) return list;
  throw wrongSetting(layer, name, `${axes === 1 ? 'a whole number' : `${axes} whole numbers`} above 0`);
}

/** @throws FinetuneError `bad-model` when the setting is no finite number */
export function numberAt(layer: KerasLayer, name: string, fallback?: number): number {
  const value = layer.config[name] ?? fallback;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw wrongSetting(layer, name, 'a number');
}

/**
 * Numbers however nested: a scalar, a list, a list of lists, an array as Keras 3 serialises it.
 * @throws FinetuneError `bad-model` when there is anything else
 */
export function numbersAt(layer: KerasLayer, name: string): readonly number[] {
  const value = layer.config[name];
  const array = isObject(value) && isObject(value.config) ? value.config.value : value;
  const list = [array].flat(8);
  if (list.length > 0 && list.every(item => typeof item === 'number' && Number.isFinite(item))) {
    return list as number[];
  }
  throw wrongSetting(layer, name, 'numbers');
}

/** The error for a setting that no Keras writes. */
export function wrongSetting(
  { place, className, config }: KerasLayer,
  name: string,
  expected: string,
): FinetuneError {
  const received = JSON.stringify(config[name])?.slice(0, 80) ?? 'nothing';
  return new FinetuneError(
    'bad-model',
    `The layer ${place} (${className}): ${name} is ${received}. Expected ${expected}: the file is damaged.`,
  );
}

/** `dims` of a Permute that exchanges two axes (counted with the batch dimension); done twice it undoes itself. */
export function exchange(one: number, other: number, rank: number): readonly number[] {
  const dims = Array.from({ length: rank - 1 }, (_, i) => i + 1);
  dims[one - 1] = other;
  dims[other - 1] = one;
  return dims;
}
