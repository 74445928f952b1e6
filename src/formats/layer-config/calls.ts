// The calls of a layer (`inbound_nodes`) in one form, from the notations of Keras 2, Keras 3 and tfjs.

import { FinetuneError } from '../../errors.js';
import type { TensorReference } from '../../network/network.js';
import { countAt, isObject, type JsonObject, textAt } from '../../system/json.js';

/** One call of a layer. */
export interface Call {
  /** Every tensor among the arguments, in order. */
  readonly inputs: readonly TensorReference[];
  /** Everything else that was given by position; a tensor's place holds `tensorPlace`. */
  readonly args: readonly unknown[];
  readonly kwargs: JsonObject;
  /** Its inputs count the calls of nested models from 0, as Keras 3 has it. */
  readonly countsFromZero: boolean;
}

/** Stands for a tensor among `args` and `kwargs`. */
export const tensorPlace = Symbol('tensor');

const maximumDepth = 16;

/** @throws FinetuneError `bad-model` when `inbound_nodes` is malformed */
export function parseCalls(nodes: unknown, where: string): readonly Call[] {
  if (nodes === undefined || nodes === null) return [];
  if (!Array.isArray(nodes)) throw malformed(where);
  return nodes.map(node => (isObject(node) ? parseKeras3(node, where) : parseKeras2(node, where)));
}

/** `{args, kwargs}` with tensors as `{class_name: '__keras_tensor__', config: {keras_history}}`. */
function parseKeras3(node: JsonObject, where: string): Call {
  const inputs: TensorReference[] = [];
  const strip = (value: unknown, depth: number): unknown => {
    if (depth > maximumDepth) throw malformed(where);
    if (Array.isArray(value)) return value.map(item => strip(item, depth + 1));
    if (!isObject(value)) return value;
    if (value.class_name === '__keras_tensor__' && isObject(value.config)) {
      inputs.push(parseReference(value.config.keras_history, where));
      return tensorPlace;
    }
    // Keras sorts the keys of a dict of tensors.
    const keys = Object.keys(value).sort();
    return Object.fromEntries(keys.map(key => [key, strip(value[key], depth + 1)]));
  };
  if (!Array.isArray(node.args)) throw malformed(where);
  const args = node.args.map(value => strip(value, 0));
  const kwargs = strip(isObject(node.kwargs) ? node.kwargs : {}, 0) as JsonObject;
  return { inputs, args, kwargs, countsFromZero: true };
}

/**
 * `[[layer, node, tensor, kwargs], ...]`, or one such quadruple alone, as some versions of Keras 2 write it. Operators
 * (`x + y`, `1 - x`) have tensors among their kwargs, and constants in a tensor's place.
 */
function parseKeras2(node: unknown, where: string): Call {
  if (!Array.isArray(node)) throw malformed(where);
  const tensors: readonly unknown[] = typeof node[0] === 'string' ? [node] : node;
  const inputs: TensorReference[] = [];
  const take = (value: unknown) => {
    inputs.push(parseReference(value, where));
    return tensorPlace;
  };
  const args = tensors.map(value =>
    Array.isArray(value) && value[0] === '_CONSTANT_VALUE' ? value[2] : take(value),
  );
  const first = tensors[0];
  const kwargs = Array.isArray(first) && isObject(first[3]) ? first[3] : {};
  const entries = Object.entries(kwargs).map(([key, value]) => [
    key,
    isReference(value) ? take(value) : value,
  ]);
  return { inputs, args, kwargs: Object.fromEntries(entries), countsFromZero: false };
}

function isReference(value: unknown): boolean {
  return (
    Array.isArray(value) && value.length === 3 && typeof value[0] === 'string' && Number.isInteger(value[1])
  );
}

/**
 * `input_layers` and `output_layers`: one triple, a list of them, or a dict of them (sorted by key, as Keras does).
 * @throws FinetuneError `bad-model`
 */
export function parseReferences(value: unknown, where: string, depth = 0): readonly TensorReference[] {
  if (depth > maximumDepth) throw malformed(where);
  if (Array.isArray(value) && typeof value[0] === 'string') return [parseReference(value, where)];
  if (Array.isArray(value)) return value.flatMap(item => parseReferences(item, where, depth + 1));
  if (!isObject(value)) throw malformed(where);
  const keys = Object.keys(value).sort();
  return keys.flatMap(key => parseReferences(value[key], where, depth + 1));
}

function parseReference(value: unknown, where: string): TensorReference {
  if (!Array.isArray(value) || value.length < 3) throw malformed(where);
  return [
    textAt(value[0], `${where}, an input's layer`),
    countAt(value[1], `${where}, an input's node`),
    countAt(value[2], `${where}, an input's tensor`),
  ];
}

function malformed(where: string): FinetuneError {
  return new FinetuneError(
    'bad-model',
    `${where}: its inputs or outputs are not listed as Keras lists them. The file is damaged or of another kind.`,
  );
}
