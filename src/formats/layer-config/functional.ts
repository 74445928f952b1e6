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
  const offsets = nodeOffsets(model);
  const keyOf = ({ name }: TreeNode, index: number) => callKey(name, index + (offsets.get(name) ?? 0));
  const results = new Map<string, readonly T[]>();
  for (const [layer, position] of orderedInputs(model)) {
    results.set(keyOf(layer, 0), [calls.input(layer, position)]);
  }
  const tasks = model.children.flatMap(child =>
    child.calls.map((call, index) => {
      const needs = call.inputs.map(([name, node]) => callKey(name, node));
      return { key: keyOf(child, index), needs, place: placeOf(child), child, call };
    }),
  );
  const resultOf = ([name, node, tensor]: TensorReference): T => {
    const result = results.get(callKey(name, node))?.[tensor];
    if (result !== undefined) return result;
    throw new FinetuneError(
      'bad-model',
      `The model ${placeOf(model)} refers to output ${tensor} of call ${node} of "${name}", which it does not have. The file is damaged.`,
    );
  };
  for (const { key, child, call } of inOrderOfNeed(tasks, results.keys())) {
    results.set(key, calls.call(child, call.inputs.map(resultOf), call));
  }
  return model.ends.outputs.map(resultOf);
}

/** The input layers in the order of the model's inputs, each with its position among them. */
function orderedInputs({ children, ends }: FunctionalNode): readonly (readonly [LeafNode, number])[] {
  const positions = new Map(ends.inputs.map(([name], i) => [name, i]));
  return children
    .filter(isInputLayer)
    .map(layer => [layer, positions.get(layer.name) ?? ends.inputs.length] as const)
    .sort(([, one], [, other]) => one - other);
}

/** Keras 2 and tfjs count a nested model's own graph as its node 0, so that its first call is node 1. */
function nodeOffsets({ children, ends }: FunctionalNode): ReadonlyMap<string, 0 | 1> {
  const references = [
    ...children.flatMap(child => child.calls.flatMap(call => call.inputs)),
    ...ends.outputs,
  ];
  const fromZero = new Set(references.filter(([, node]) => node === 0).map(([name]) => name));
  const models = children.filter(child => child.kind === 'model');
  return new Map(models.map(({ name }) => [name, fromZero.has(name) ? 0 : 1]));
}
