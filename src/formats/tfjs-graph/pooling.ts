// Pooling, means over places, batch normalisation.

import type { Operation, Tensor } from './builder.js';
import { integersOf, textOf } from './graph.js';
import { constantAt, tensorAt, unsupported } from './operands.js';

export function pooling(operation: Operation): Tensor {
  const { node, build } = operation;
  const className = node.op === 'MaxPool' ? 'MaxPooling2D' : 'AveragePooling2D';
  return build.add(node, className, [tensorAt(operation, 0)], {
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
  const axes = [...constantAt(operation, 1).data].map(axis => (axis < 0 ? axis + 4 : axis)).sort();
  if (input.shape.length !== 3 || axes.join() !== '1,2') {
    throw unsupported(node, `it goes over the axes ${axes.join(', ')}`);
  }
  const pooled = build.add(node, 'GlobalAveragePooling2D', [input], { data_format: 'channels_last' });
  if (!node.attr.keep_dims?.b) return pooled;
  return build.add(node, 'Reshape', [pooled], { target_shape: [1, 1, input.shape[2]] });
}

export function batchNormalization(operation: Operation): Tensor {
  const { node, build } = operation;
  if (node.attr.is_training?.b) throw unsupported(node, 'it normalises by the batch');
  const [gamma, beta, movingMean, movingVariance] = [1, 2, 3, 4].map(i => constantAt(operation, i));
  const config = { axis: -1, epsilon: node.attr.epsilon?.f ?? 1e-4, center: true, scale: true };
  return build.add(node, 'BatchNormalization', [tensorAt(operation, 0)], config, {
    gamma: gamma!,
    beta: beta!,
    moving_mean: movingMean!,
    moving_variance: movingVariance!,
  });
}
