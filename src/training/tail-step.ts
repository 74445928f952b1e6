// A tail on one batch: a step of training, or answers to be judged.

import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Adam } from './adam.js';
import { computeMetrics } from './metrics.js';

/** Features at the cut, read a batch at a time: of a deep cut they are too many for memory. */
export interface TailData {
  readonly labels: Int32Array;
  /** Of one image's features, e.g. `[14, 14, 512]`. */
  readonly shape: readonly number[];
  /** The features of the given images, one after the other. */
  read(rows: readonly number[]): Float32Array | Promise<Float32Array>;
}

export interface Batch {
  readonly features: Float32Array;
  readonly shape: readonly number[];
  readonly labels: readonly number[];
}

/**
 * One step of Adam at `rate`.
 * @returns the batch's mean log-loss and right answers before the step, under dropout
 */
export function trainStep(
  model: LayersModel,
  { features, shape, labels }: Batch,
  { variables, adam }: { readonly variables: readonly tf.Variable[]; readonly adam: Adam },
  rate: number,
): { loss: number; right: number } {
  return tf.tidy(() => {
    const inputs = tf.tensor(features, [labels.length, ...shape]);
    const targets = tf.tensor1d([...labels], 'int32');
    let right = 0;
    const { value, grads } = tf.variableGrads(() => {
      const probabilities = model.apply(inputs, { training: true }) as tf.Tensor2D;
      right = tf.sum(tf.equal(tf.argMax(probabilities, 1), targets)).dataSync()[0]!;
      return logLoss(probabilities, targets);
    }, [...variables]);
    adam.step(
      variables.map(({ name }) => grads[name]!),
      rate,
    );
    return { loss: value.dataSync()[0]!, right };
  });
}

/** Loss and accuracy on data that is not trained on: no dropout. */
export async function judgeTail(
  model: LayersModel,
  data: TailData,
  batchSize: number,
): Promise<{ valLoss: number; valAccuracy: number }> {
  const parts: Float32Array[] = [];
  for (let from = 0; from < data.labels.length; from += batchSize) {
    const rows = Array.from(data.labels.subarray(from, from + batchSize), (_, i) => from + i);
    parts.push(answer(model, await data.read(rows), [rows.length, ...data.shape]));
  }
  const classes = parts[0]!.length / Math.min(batchSize, data.labels.length);
  const names = Array.from({ length: classes }, (_, label) => String(label));
  const probabilities = Float32Array.from(parts.flatMap(part => [...part]));
  const { loss, accuracy } = computeMetrics(probabilities, data.labels, names);
  return { valLoss: loss, valAccuracy: accuracy };
}

function answer(model: LayersModel, features: Float32Array, shape: number[]): Float32Array {
  const probabilities = tf.tidy(() => model.apply(tf.tensor(features, shape)) as tf.Tensor);
  const values = probabilities.dataSync<'float32'>().slice();
  probabilities.dispose();
  return values;
}

/** Mean over the batch. The least of probabilities keeps the logarithm finite; unlike Keras' 1e-7 it lets gradients by. */
function logLoss(probabilities: tf.Tensor2D, targets: tf.Tensor1D): tf.Scalar {
  const ofLabels = tf.sum(tf.mul(probabilities, tf.oneHot(targets, probabilities.shape[1])), 1);
  return tf.neg(tf.mean(tf.log(tf.add(ofLabels, 1e-30))));
}
