// The gradients of a batch, or of a part of it that one of several threads takes.

import type { LayersModel } from '@tensorflow/tfjs-layers';
import { tf } from '../engines/tfjs.js';
import { computeLoss, type LossPlan } from './loss.js';
import { type Batch, trainableWeights } from './model.js';

/** How well a batch was predicted before the step, under dropout. */
export interface StepResult {
  /** Mean over the batch. */
  readonly loss: number;
  readonly right: number;
}

/** Images of a batch that are computed at once. */
export interface Part extends Batch {
  /** What these images count in the batch's loss, from 0 to 1. */
  readonly share: number;
  /** The same of what was mixed into them. */
  readonly mixedShare?: number | undefined;
}

/**
 * The gradients of a part's share of the loss, by the order of the trainable weights. The caller disposes them.
 * @returns `loss` as the part's share of the batch's mean, too
 */
export function computeGradients(
  model: LayersModel,
  { features, shape, labels, share, mixed, mixedShare = share }: Part,
  plan: LossPlan,
): StepResult & { readonly gradients: readonly tf.Tensor[] } {
  const variables = trainableWeights(model).map(({ variable }) => variable);
  let right = 0;
  const [value, ...gradients] = tf.tidy(() => {
    const inputs = tf.tensor(features, [labels.length, ...shape]);
    const targets = tf.tensor1d([...labels], 'int32');
    const computed = tf.variableGrads(() => {
      const probabilities = model.apply(inputs, { training: true }) as tf.Tensor2D;
      right = readScalar(tf.sum(tf.equal(tf.argMax(probabilities, 1), targets)));
      const loss = scale(computeLoss(probabilities, targets, plan), share * (1 - (mixed?.weight ?? 0)));
      if (mixed === undefined) return loss;
      const others = tf.tensor1d([...mixed.labels], 'int32');
      return tf.add(loss, scale(computeLoss(probabilities, others, plan), mixedShare * mixed.weight));
    }, variables);
    return [computed.value, ...variables.map(({ name }) => gradientOf(computed.grads, name))];
  });
  if (value === undefined) throw new Error('A loss has a value.');
  const loss = readScalar(value);
  value.dispose();
  return { loss, right, gradients };
}

function scale(loss: tf.Scalar, factor: number): tf.Scalar {
  return factor === 1 ? loss : tf.mul(loss, factor);
}

function gradientOf(gradients: tf.NamedTensorMap, name: string): tf.Tensor {
  const gradient = gradients[name];
  if (gradient === undefined) throw new Error(`No gradient for ${name}.`);
  return gradient;
}

function readScalar(tensor: tf.Tensor): number {
  const [value = Number.NaN] = tensor.dataSync();
  return value;
}

/** The values of each weight, as views of all of them that lie one after the other. */
export function cutApart(
  values: Float32Array,
  weights: readonly { readonly size: number }[],
): Float32Array[] {
  let end = 0;
  return weights.map(({ size }) => {
    end += size;
    return values.subarray(end - size, end);
  });
}
