// Layers that tfjs, or one of its backends, gives no gradient, or a wrong one: they are computed in another way.

import { tf } from '../engines/tfjs.js';
import { type Convolution, type Layer, onlyInput } from './tfjs-layer.js';

const mended: ReadonlyMap<string, (layer: Layer) => void> = new Map([
  ['Conv2D', keepDilatedApart],
  ['ThresholdedReLU', multiplyByStep],
  ['PReLU', stretchSlopes],
  ['Maximum', stretchInputs],
  ['Minimum', stretchInputs],
]);

/** Lets a layer be trained; what it computes stays what Keras computes. */
export function mendGradient(layer: Layer): void {
  mended.get(layer.getClassName())?.(layer);
}

/** tfjs fuses convolution and bias under most activations, and has no gradient for what it fuses where that is dilated. */
function keepDilatedApart(layer: Layer): void {
  const convolution = layer as Convolution;
  const { kernel, bias, activation } = convolution;
  const { strides, padding, dilationRate, dataFormat } = convolution.getConfig();
  if (dataFormat !== 'channelsLast' || dilationRate.every(rate => rate === 1)) return;
  layer.call = inputs =>
    tf.tidy(() => {
      const x = onlyInput(inputs) as tf.Tensor4D;
      const convolved = tf.conv2d(x, kernel.read(), strides, padding, 'NHWC', dilationRate);
      return activation.apply(bias === null ? convolved : tf.add(convolved, bias.read()));
    });
}

/** The wasm engine repeats the slopes from the last axis on, as if none were shared along it. */
function stretchSlopes(layer: Layer): void {
  const { alpha } = layer as Layer & { readonly alpha: { read(): tf.Tensor } };
  if (alpha.read().shape.at(-1) !== 1) return;
  layer.call = inputs =>
    tf.tidy(() => {
      const x = onlyInput(inputs);
      return tf.prelu(x, tf.broadcastTo(alpha.read(), x.shape));
    });
}

/** tfjs forgets in the gradient that an input was stretched. */
function stretchInputs(layer: Layer): void {
  const merging = layer as Layer & { mergeFunction(inputs: tf.Tensor[]): tf.Tensor };
  const merge = merging.mergeFunction.bind(merging);
  merging.mergeFunction = inputs => {
    const { assertAndGetBroadcastShape } = tf.backend_util;
    const shape = inputs.map(each => each.shape).reduce(assertAndGetBroadcastShape);
    return merge(inputs.map(each => tf.broadcastTo(each, shape)));
  };
}

/** tfjs' own compares, and a comparison has no gradient. */
function multiplyByStep(layer: Layer): void {
  const { theta } = layer.getConfig() as { readonly theta: number };
  layer.call = inputs => {
    const x = onlyInput(inputs);
    return tf.tidy(() => tf.mul(x, tf.step(tf.sub(x, theta))));
  };
}
