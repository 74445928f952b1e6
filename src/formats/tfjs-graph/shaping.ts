// Inputs, borders, and changes of shape.

import { FinetuneError } from '../../errors.js';
import type { Operation, Tensor } from './builder.js';
import { constantAt, tensorAt, unsupported } from './operands.js';

/** The model's image; a graph without shapes takes any size. */
export function placeholder({ node, build }: Operation): Tensor {
  const dims = node.attr.shape?.shape?.dim?.map(({ size }) => (size > 0 ? size : null));
  const [, ...shape] = dims ?? [null, null, null, 3];
  if (shape.length === 3)
    return build.add(node, 'InputLayer', [], { batch_input_shape: [null, ...shape], dtype: 'float32' });
  throw new FinetuneError(
    'bad-model',
    `The graph model's input "${node.name}" has ${shape.length + 1} dimensions. Expected images, [batch, height, width, 3].`,
  );
}

/** Zeros around height and width. */
export function padding(operation: Operation): Tensor {
  const { node, inputs, build } = operation;
  const borders = [...constantAt(operation, 1).data];
  const value = inputs[2]?.kind === 'constant' ? inputs[2].data[0] : 0;
  if (borders.length !== 8 || [0, 1, 6, 7].some(i => borders[i] !== 0) || value !== 0) {
    throw unsupported(node, 'it pads other than height and width with zeros');
  }
  return build.add(node, 'ZeroPadding2D', [tensorAt(operation, 0)], {
    padding: [borders.slice(2, 4), borders.slice(4, 6)],
    data_format: 'channels_last',
  });
}

export function reshape(operation: Operation): Tensor {
  const { node, build } = operation;
  const input = tensorAt(operation, 0);
  const [batch, ...shape] = constantAt(operation, 1).data;
  if (batch !== -1 && batch !== 1) throw unsupported(node, 'it mixes images');
  if (shape.length === 1) return build.add(node, 'Flatten', [input], { data_format: 'channels_last' });
  return build.add(node, 'Reshape', [input], { target_shape: shape });
}

/** Drops dimensions of size 1. */
export function squeeze(operation: Operation): Tensor {
  const { node, build } = operation;
  const input = tensorAt(operation, 0);
  const listed = node.attr.squeeze_dims?.list?.i ?? node.attr.axis?.list?.i ?? [];
  const axes = listed.map(axis => (axis < 0 ? axis + input.shape.length : axis - 1));
  const shape = input.shape.filter((size, i) => (axes.length === 0 ? size !== 1 : !axes.includes(i)));
  return build.add(node, 'Reshape', [input], { target_shape: shape });
}

export function concatenation(operation: Operation): Tensor {
  const { node, inputs, build } = operation;
  const tensors = inputs.slice(0, -1).map((_input, i) => tensorAt(operation, i));
  return build.add(node, 'Concatenate', tensors, { axis: constantAt(operation, inputs.length - 1).data[0] });
}
