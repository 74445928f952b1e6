// What of tfjs' layers training takes hold of.

import type { layers } from '@tensorflow/tfjs-layers';
import type { tf } from '../engines/tfjs.js';

/** A layer of an open model. */
export type Layer = layers.Layer;

interface ConvolutionSettings {
  readonly strides: [number, number];
  readonly padding: 'same' | 'valid';
  readonly dilationRate: [number, number];
  readonly dataFormat: string;
  readonly activation: string;
}

/** A convolution, plain or depthwise; one without a bias has null. */
export interface Convolution extends Layer {
  getConfig(): ReturnType<Layer['getConfig']> & ConvolutionSettings;
  readonly activation: { getClassName(): string; apply(x: tf.Tensor): tf.Tensor };
  readonly kernel: { read(): tf.Tensor4D };
  readonly depthwiseKernel: { read(): tf.Tensor4D };
  readonly bias: { read(): tf.Tensor } | null;
}

/** A max pooling; what it does is a method of its own. */
export interface MaxPooling extends Layer {
  poolingFunction(
    x: tf.Tensor4D,
    size: [number, number],
    strides: [number, number],
    padding: 'same' | 'valid',
  ): tf.Tensor;
}

/** The one tensor that a layer is called with. */
export function onlyInput(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
  const x = Array.isArray(inputs) ? inputs[0] : inputs;
  if (x === undefined) throw new Error('A layer without an input.');
  return x;
}
