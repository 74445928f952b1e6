// The calls of one Functional model, nested or outermost: inputs before their users, whatever a call gives.

import { FinetuneError } from '../../errors.js';
import type { TensorReference } from '../../network/network.js';
import { inOrderOfNeed } from '../../network/order.js';
import { callKey } from '../../network/walk.js';
import type { Call } from './calls.js';
import { isInputLayer, type LeafNode, type ModelNode, placeOf, type TreeNode } from './tree.js';

/** A model that says what its inputs and outputs are. */
export type FunctionalNode = ModelNode & { readonly ends: NonNullable<ModelNode['ends']> };

/** What the model's parts give. */
interface Calls<T> {
  /** @param position among the model's inputs */
  input(layer: LeafNode, position: number): T;
  call(child: TreeNode, inputs: readonly T[], call: Call): readonly T[];
}

/**
 * Makes every call of a model once and gives back its outputs.
 * @throws FinetuneError `bad-model` where inputs are missing or form a ring
 */
export function callFunctional<T>(model: FunctionalNode, calls: Calls<T>): readonly T[] {
  const first = firstNumbers(model);
  const keyOf = ([name, node]: TensorReference, numbers: Numbers) =>
    callKey(name, node - (numbers.get(name) ?? 0));
  const results = new Map<string, readonly T[]>();
  for (const [layer, position] of orderedInputs(model)) {
    results.set(callKey(layer.name, 0), [calls.input(layer, position)]);
  }
  const tasks = model.children.flatMap(child =>
    child.calls.map((call, index) => {
      const needs = call.inputs.map(input => keyOf(input, first.inCalls));
      return { key: callKey(child.name, index), needs, place: placeOf(child), child, call };
    }),
  );
  const resultOf = (reference: TensorReference, numbers: Numbers): T => {
    const [name, node, tensor] = reference;
    const result = results.get(keyOf(reference, numbers))?.[tensor];
    if (result !== undefined) return result;
    throw new FinetuneError(
      'bad-model',
      `The model ${placeOf(model)} refers to output ${tensor} of call ${node} of "${name}", which it does not have. The file is damaged.`,
    );
  };
  for (const { key, child, call } of inOrderOfNeed(tasks, results.keys())) {
    const inputs = call.inputs.map(input => resultOf(input, first.inCalls));
    results.set(key, calls.call(child, inputs, call));
  }
  return model.ends.outputs.map(output => resultOf(output, first.atEnds));
}

/** The input layers in the order of the model's inputs, each with its position among them. */
function orderedInputs({ children, ends }: FunctionalNode): readonly (readonly [LeafNode, number])[] {
  const positions = new Map(ends.inputs.map(([name], i) => [name, i]));
  return children
    .filter(isInputLayer)
    .map(layer => [layer, positions.get(layer.name) ?? ends.inputs.length] as const)
    .sort(([, one], [, other]) => one - other);
}

/** By the name of a nested model: the number that its first call goes by, 0 where nothing is said. */
type Numbers = ReadonlyMap<string, 0 | 1>;

/**
 * Keras 2 and tfjs count a nested model's own graph as its node 0, so that its first call is node 1. Keras 3 does so for
 * Functional models, but only where it lists the outputs of the model around.
 */
function firstNumbers({ children, ends }: FunctionalNode): {
  readonly inCalls: Numbers;
  readonly atEnds: Numbers;
} {
  const all = children.flatMap(child => child.calls);
  const inCalls = all.flatMap(call => call.inputs);
  const isKeras3 = all.some(call => call.countsFromZero);
  const models = children.filter(child => child.kind === 'model');
  const from = (references: readonly TensorReference[], counted: readonly ModelNode[]): Numbers => {
    const fromZero = new Set(references.filter(([, node]) => node === 0).map(([name]) => name));
    return new Map(counted.map(({ name }) => [name, fromZero.has(name) ? 0 : 1]));
  };
  if (isKeras3) {
    const functional = models.filter(model => model.ends !== undefined);
    return { inCalls: new Map(), atEnds: from(ends.outputs, functional) };
  }
  const numbers = from([...inCalls, ...ends.outputs], models);
  return { inCalls: numbers, atEnds: numbers };
}
