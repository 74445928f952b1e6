// What training makes small: the mean log-loss, and what may be asked of it beyond that.

import { tf } from '../engines/tfjs.js';

/** What counts in the loss. */
export interface LossPlan {
  /** Part of every label that is spread evenly over all classes: predictions that are too sure cost something. */
  readonly labelSmoothing: number;
  /** What an image counts, by its class; absent: all alike. */
  readonly classWeights?: readonly number[] | undefined;
  /** Images are weighted by `(1 - probability of the label) ** focus` (Lin et al. 2017); 0: all alike. */
  readonly focus: number;
}

/** All images alike, no smoothing. */
export const plainLoss: LossPlan = { labelSmoothing: 0, focus: 0 };

/**
 * Mean over the batch. The least of probabilities keeps the logarithm finite; unlike Keras' 1e-7 it lets gradients by.
 * @param probabilities `[n, classes]`
 * @param labels `[n]`
 */
export function computeLoss(probabilities: tf.Tensor2D, labels: tf.Tensor1D, plan: LossPlan): tf.Scalar {
  const { labelSmoothing, classWeights, focus } = plan;
  const classes = probabilities.shape[1];
  const ofClass = tf.oneHot(labels, classes);
  const ofLabels = tf.sum<tf.Tensor1D>(tf.mul(probabilities, ofClass), 1);
  const logs = tf.log(tf.add(ofLabels, least));
  if (labelSmoothing === 0 && focus === 0 && classWeights === undefined) return tf.neg(tf.mean(logs));
  const others = labelSmoothing === 0 ? logs : tf.mean(tf.log(tf.add(probabilities, least)), 1);
  const smooth = tf.add(tf.mul(logs, 1 - labelSmoothing), tf.mul(others, labelSmoothing));
  const weights = classWeights ? tf.gather(tf.tensor1d([...classWeights]), labels) : tf.onesLike(logs);
  const focused = focus === 0 ? weights : tf.mul(weights, tf.pow(tf.sub(1 + 1e-7, ofLabels), focus));
  return tf.neg(tf.div(tf.sum<tf.Scalar>(tf.mul(smooth, focused)), tf.sum(weights)));
}

const least = 1e-30;

/** What an image counts, by its label; `balanced`: so much that all classes count the same in sum. */
export type ClassWeights = 'balanced' | readonly number[];

/** The same in numbers, so that an image of these counts 1 on average. */
export function weighClasses(weights: ClassWeights, labels: Int32Array, classes: number): number[] {
  const counts = Array.from({ length: classes }, (_, label) => labels.filter(each => each === label).length);
  const given = weights === 'balanced' ? counts.map(count => (count === 0 ? 0 : 1 / count)) : weights;
  const sum = counts.reduce((total, count, label) => total + count * (given[label] ?? 0), 0);
  return counts.map((_, label) => ((given[label] ?? 0) * labels.length) / sum);
}
