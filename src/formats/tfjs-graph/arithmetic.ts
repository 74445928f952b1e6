// Sums and products: of two tensors, or of a tensor and a constant (one number, or one per channel).

import type { Operation, Tensor } from './builder.js';
import type { Constant } from './constants.js';
import { constantAt, tensorAt, unsupported } from './operands.js';

export function add(operation: Operation): Tensor {
  const constant = onlyConstant(operation);
  if (constant === undefined) return merge(operation, 'Add');
  return affine(operation, constant, value => [1, value]);
}

export function multiply(operation: Operation): Tensor {
  const constant = onlyConstant(operation);
  if (constant === undefined) return merge(operation, 'Multiply');
  return affine(operation, constant, value => [value, 0]);
}

export function subtract(operation: Operation): Tensor {
  const constant = onlyConstant(operation);
  if (constant !== undefined) {
    const isLeft = operation.inputs[0]?.kind === 'constant';
    return affine(operation, constant, value => (isLeft ? [-1, value] : [1, -value]));
  }
  const { node, build } = operation;
  const negated = build.add(node, 'Rescaling', [tensorAt(operation, 1)], { scale: -1, offset: 0 });
  return build.add(node, 'Add', [tensorAt(operation, 0), negated], {});
}

export function divide(operation: Operation): Tensor {
  tensorAt(operation, 0);
  return affine(operation, constantAt(operation, 1), value => [1 / value, 0]);
}

function onlyConstant({ inputs }: Operation): Constant | undefined {
  return inputs.find(input => input.kind === 'constant');
}

function merge(operation: Operation, className: string): Tensor {
  const inputs = [tensorAt(operation, 0), tensorAt(operation, 1)];
  return operation.build.add(operation.node, className, inputs, {});
}

/** @param plan a number of the constant to `[scale, offset]` */
function affine(
  operation: Operation,
  { shape, data }: Constant,
  plan: (value: number) => readonly [scale: number, offset: number],
): Tensor {
  const { node, inputs, build } = operation;
  const input = tensorAt(operation, inputs[0]?.kind === 'tensor' ? 0 : 1);
  const pairs = Array.from(data, plan);
  if (pairs.length === 1) {
    const [scale, offset] = pairs[0]!;
    return build.add(node, 'Rescaling', [input], { scale, offset });
  }
  if (shape.at(-1) !== data.length || input.shape.at(-1) !== data.length) {
    throw unsupported(
      node,
      `a constant of shape [${shape.join(', ')}] is neither one number nor one per channel`,
    );
  }
  const [scales, offsets] = [0, 1].map(i => Float32Array.from(pairs, pair => pair[i]!));
  return build.addAffine(node, input, scales!, offsets!);
}
