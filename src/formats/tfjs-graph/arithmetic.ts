// Sums and products: of two tensors, or of a tensor and a constant (one number, or one per channel).

import type { Tensor } from '../../network/builder.js';
import type { Constant } from './constants.js';
import { constantAt, layerName, type Operation, tensorAt, unsupported } from './operands.js';

/** A sum. */
export function add(operation: Operation): Tensor {
  const constant = onlyConstant(operation);
  if (constant === undefined) return merge(operation, 'Add');
  return affine(operation, constant, value => [1, value]);
}

/** A product. */
export function multiply(operation: Operation): Tensor {
  const constant = onlyConstant(operation);
  if (constant === undefined) return merge(operation, 'Multiply');
  return affine(operation, constant, value => [value, 0]);
}

/** A difference. */
export function subtract(operation: Operation): Tensor {
  const constant = onlyConstant(operation);
  if (constant !== undefined) {
    const isLeft = operation.inputs[0]?.kind === 'constant';
    return affine(operation, constant, value => (isLeft ? [-1, value] : [1, -value]));
  }
  const { node, build } = operation;
  const name = layerName(node);
  const negated = build.add('Rescaling', [tensorAt(operation, 1)], { name, scale: -1, offset: 0 });
  return build.add('Add', [tensorAt(operation, 0), negated], { name });
}

/** A quotient; only by a constant. */
export function divide(operation: Operation): Tensor {
  tensorAt(operation, 0);
  return affine(operation, constantAt(operation, 1), value => [1 / value, 0]);
}

function onlyConstant({ inputs }: Operation): Constant | undefined {
  return inputs.find(input => input.kind === 'constant');
}

function merge(operation: Operation, className: string): Tensor {
  const inputs = [tensorAt(operation, 0), tensorAt(operation, 1)];
  return operation.build.add(className, inputs, { name: layerName(operation.node) });
}

/** @param plan a number of the constant to `[scale, offset]` */
function affine(
  operation: Operation,
  { shape, data }: Constant,
  plan: (value: number) => readonly [scale: number, offset: number],
): Tensor {
  const { node, inputs, build } = operation;
  const input = tensorAt(operation, inputs[0]?.kind === 'tensor' ? 0 : 1);
  const name = layerName(node);
  const pairs = Array.from(data, plan);
  const [first, ...more] = pairs;
  if (first !== undefined && more.length === 0) {
    const [scale, offset] = first;
    return build.add('Rescaling', [input], { name, scale, offset });
  }
  if (shape.at(-1) !== data.length || input.shape.at(-1) !== data.length) {
    throw unsupported(
      node,
      `a constant of shape [${shape.join(', ')}] is neither one number nor one per channel`,
    );
  }
  return build.affine(input, name, {
    scale: Float32Array.from(pairs, ([scale]) => scale),
    offset: Float32Array.from(pairs, ([, offset]) => offset),
  });
}
