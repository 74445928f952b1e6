// The shape of a model's input, as the generations of Keras write it.

import { FinetuneError } from '../../errors.js';
import type { Shape } from '../../network/shape-rules.js';
import type { LeafNode, ModelNode, TreeNode } from './tree.js';

const maximumSize = 2 ** 24;

/** Shape of an InputLayer without the batch dimension: `batch_shape` in Keras 3, `batch_input_shape` before. */
export function inputShapeOf({ config, name }: LeafNode): Shape {
  return batchInputShape(config.batch_input_shape ?? config.batch_shape, `The input "${name}"`);
}

/** Shape of a Sequential's input: its own, or that of the layer or model it begins with. */
export function sequentialInputShape(model: ModelNode): Shape {
  let first: TreeNode | undefined = model;
  let shape: unknown;
  while (shape === undefined && first !== undefined) {
    if (isInputLayer(first)) return inputShapeOf(first);
    shape = first.kind === 'model' ? first.batchInputShape : undefined;
    first = first.kind === 'model' ? firstChild(first) : undefined;
  }
  return batchInputShape(shape, `The model "${model.name}"`);
}

function firstChild({ children, ends }: ModelNode): TreeNode | undefined {
  const name = ends?.inputs[0]?.[0];
  return name === undefined ? children[0] : children.find(child => child.name === name);
}

/** Whether a node of the tree is an input. */
export function isInputLayer(child: TreeNode): child is LeafNode {
  return child.kind === 'leaf' && child.className === 'InputLayer';
}

/**
 * `[null, 224, 224, 3]` to `[224, 224, 3]`.
 * @throws FinetuneError `bad-model`
 */
function batchInputShape(value: unknown, where: string): Shape {
  const isSize = (size: unknown) =>
    size === null || (Number.isInteger(size) && (size as number) > 0 && (size as number) <= maximumSize);
  if (Array.isArray(value) && value.length >= 2 && value.length <= 8 && value.slice(1).every(isSize)) {
    return value.slice(1);
  }
  throw new FinetuneError(
    'bad-model',
    `${where} has no input shape (${JSON.stringify(value)?.slice(0, 80) ?? 'none'}). Expected one like [null, 224, 224, 3]: call the model once, or give it an Input, and save it again.`,
  );
}
