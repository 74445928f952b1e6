// Max pooling that remembers where each maximum lay, for its gradient, where the engine can.

import { tf } from './tfjs.js';

/**
 * The name of a kernel that an engine may have: from `x` to the pooled map, and the places of the maxima in a form of
 * its own. Its attributes are a `Pooling`.
 */
export const maxPoolKernel = 'FinetuneMaxPool';

/** That of its gradient by `x`, from `x`, `pooled`, `places` and `dy`, with the same attributes. */
export const maxPoolGradKernel = 'FinetuneMaxPoolGrad';

/** Windows, in pixels. */
export interface Pooling {
  readonly size: readonly [height: number, width: number];
  readonly strides: readonly [height: number, width: number];
  readonly pad: 'valid' | 'same';
}

/** @param x `[batch, height, width, channels]` */
export function maxPool(x: tf.Tensor4D, pooling: Pooling): tf.Tensor4D {
  const { size, strides, pad } = pooling;
  if (tf.getKernel(maxPoolKernel, tf.getBackend()) === undefined)
    return tf.maxPool(x, [...size], [...strides], pad);
  const [pooled]: tf.Tensor4D[] = tf.engine().runKernel(maxPoolKernel, { x }, { ...pooling });
  if (pooled === undefined) throw new Error('A pooling without a result.');
  return pooled;
}

/** Tells tfjs the gradient. */
export function registerMaxPoolGradient(): void {
  tf.registerGradient({
    kernelName: maxPoolKernel,
    inputsToSave: ['x'],
    outputsToSave: [true, true],
    gradFunc(dys, [x, pooled, places], attrs) {
      const [dy] = Array.isArray(dys) ? dys : [dys];
      if (!dy || !x || !pooled || !places) throw new Error('The gradient of a pooling lacks an input.');
      return { x: () => tf.engine().runKernel(maxPoolGradKernel, { x, pooled, places, dy }, attrs) };
    },
  });
}
