// Inputs, borders, changes of shape, pooling, batch normalisation.

import { FinetuneError } from '../../errors.js';
import type { Tensor } from '../../network/builder.js';
import { integersOf, textOf } from './graph.js';
import { constantAt, layerName, type Operation, tensorAt, unsupported, vectorAt } from './operands.js';

/** The model's image; a graph without shapes takes any size. */
export function placeholder({ node, build }: Operation): Tensor {
  const dims = node.attr.shape?.shape?.dim?.map(({ size }) => (size > 0 ? size : null));
  const [, ...shape] = dims ?? [null, null, null, 3];
  if (shape.length === 3)
    return build.add('InputLayer', [], {
      name: layerName(node),
      batch_input_shape: [null, ...shape],
      dtype: 'float32',
    });
  throw new FinetuneError(
    'bad-model',
    `The graph model's input "${node.name}" has ${shape.length + 1} dimensions. Expected images, [batch, height, width, 3].`,
  );
}

/** Zeros around height and width. */
export function padding(operation: Operation): Tensor {
  const { node, inputs, build } = operation;
  const [above, below, top = 0, bottom = 0, left = 0, right = 0, ...channels] = vectorAt(operation, 1);
  const value = inputs[2]?.kind === 'constant' ? inputs[2].data[0] : 0;
  if (channels.length !== 2 || [above, below, ...channels, value].some(size => size !== 0)) {
    throw unsupported(node, 'it pads other than height and width with zeros');
  }
  return build.pad(tensorAt(operation, 0), layerName(node), [
    [top, bottom],
    [left, right],
  ]);
}

/** A change of shape that leaves images apart. */
export function reshape(operation: Operation): Tensor {
  const { node, build } = operation;
  const input = tensorAt(operation, 0);
  const [batch, ...shape] = vectorAt(operation, 1);
  const name = layerName(node);
  if (batch !== -1 && batch !== 1) throw unsupported(node, 'it mixes images');
  if (shape.length === 1) return build.add('Flatten', [input], { name, data_format: 'channels_last' });
  return build.add('Reshape', [input], { name, target_shape: shape });
}

/** Drops dimensions of size 1. */
export function squeeze(operation: Operation): Tensor {
  const { node, build } = operation;
  const input = tensorAt(operation, 0);
  const listed = node.attr.squeeze_dims?.list?.i ?? node.attr.axis?.list?.i ?? [];
  const axes = listed.map(axis => (axis < 0 ? axis + input.shape.length : axis - 1));
  const shape = input.shape.filter((size, i) => (axes.length === 0 ? size !== 1 : !axes.includes(i)));
  return build.add('Reshape', [input], { name: layerName(node), target_shape: shape });
}

/** Tensors side by side. */
export function concatenation(operation: Operation): Tensor {
  const { node, inputs, build } = operation;
  const tensors = inputs.slice(0, -1).map((_input, i) => tensorAt(operation, i));
  const [axis] = vectorAt(operation, inputs.length - 1);
  return build.add('Concatenate', tensors, { name: layerName(node), axis });
}

/** Max or average pooling over windows. */
export function pooling(operation: Operation): Tensor {
  const { node, build } = operation;
  const className = node.op === 'MaxPool' ? 'MaxPooling2D' : 'AveragePooling2D';
  return build.add(className, [tensorAt(operation, 0)], {
    name: layerName(node),
    pool_size: integersOf(node, 'ksize').slice(1, 3),
    strides: integersOf(node, 'strides').slice(1, 3),
    padding: textOf(node, 'padding').toLowerCase(),
    data_format: 'channels_last',
  });
}

/** The mean over height and width. */
export function mean(operation: Operation): Tensor {
  const { node, build } = operation;
  const input = tensorAt(operation, 0);
  const axes = vectorAt(operation, 1)
    .map(axis => (axis < 0 ? axis + 4 : axis))
    .sort();
  if (input.shape.length !== 3 || axes.join() !== '1,2') {
    throw unsupported(node, `it goes over the axes ${axes.join(', ')}`);
  }
  const name = layerName(node);
  const pooled = build.globalAveragePool(input, { name });
  if (!node.attr.keep_dims?.b) return pooled;
  return build.add('Reshape', [pooled], { name, target_shape: [1, 1, input.shape[2]] });
}

/** Batch normalisation with the statistics of training. */
export function batchNormalization(operation: Operation): Tensor {
  const { node, build } = operation;
  if (node.attr.is_training?.b) throw unsupported(node, 'it normalises by the batch');
  const epsilon = node.attr.epsilon?.f ?? 1e-4;
  return build.withWeights(build.batchNorm(tensorAt(operation, 0), { name: layerName(node), epsilon }), {
    gamma: constantAt(operation, 1),
    beta: constantAt(operation, 2),
    moving_mean: constantAt(operation, 3),
    moving_variance: constantAt(operation, 4),
  });
}
