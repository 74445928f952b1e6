// The head as data: what its layers are in a saved model, and what it answers on features.

import * as tf from '@tensorflow/tfjs-core';
import type { LayerConfig, WeightTensor } from '../network/network.js';

/** One dense layer: kernel `[inputs, units]` row-major, bias `[units]`. */
export interface DenseWeights {
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
}

/** The dense layers from the features up; the last one gives the classes' logits, those below are relu. */
export type HeadWeights = readonly DenseWeights[];

export interface HeadOptions {
  readonly pooling: 'avg' | 'max' | 'flatten';
  /** Units of the hidden layers. */
  readonly hidden: readonly number[];
  /** Part of a layer's inputs that training drops; 0 adds no such layer. */
  readonly dropout: number;
  readonly classes: number;
}

/**
 * The head's layers for putting on top of a base, in order, without inbound nodes.
 * @param weights on raw pooled features: scaling folded in
 * @returns layers and weights as Keras and tfjs name them, ending in the softmax layer `predictions`
 */
export function headLayers(
  { pooling, hidden, dropout, classes }: HeadOptions,
  weights: HeadWeights,
): { layers: LayerConfig[]; weights: WeightTensor[] } {
  const dense = [...hidden, classes].map((units, i) =>
    i < hidden.length
      ? denseLayer(`head_dense_${i + 1}`, units, 'relu')
      : denseLayer('predictions', units, 'softmax'),
  );
  const drops = (i: number): LayerConfig[] =>
    dropout > 0 && (i > 0 || hidden.length === 0)
      ? [dropoutLayer(`head_dropout_${Math.max(i, 1)}`, dropout)]
      : [];
  return {
    layers: [poolingLayer(pooling), ...dense.flatMap((layer, i) => [...drops(i), layer])],
    weights: dense.flatMap(({ config }, i) => nameWeights(config.name, weights[i]!)),
  };
}

/**
 * The head's answers. Needs a started engine; leaves no tensor behind.
 * @param features `[n, d]`, raw and pooled
 * @returns probabilities `[n, classes]`
 */
export function predictHead(weights: HeadWeights, features: Float32Array): Float32Array {
  const [size, classes] = [inputsOf(weights[0]!), weights.at(-1)!.bias.length];
  const rows = features.length / size;
  const probabilities = new Float32Array(rows * classes);
  for (let from = 0; from < rows; from += rowsAtOnce) {
    const inputs = features.subarray(from * size, (from + rowsAtOnce) * size);
    const outputs = tf.tidy(() =>
      tf
        .softmax(applyDense(weights, tf.tensor2d(inputs, [inputs.length / size, size])))
        .dataSync<'float32'>(),
    );
    probabilities.set(outputs, from * classes);
  }
  return probabilities;
}

/** Of 25,088 flattened features, 25 MB. */
const rowsAtOnce = 256;

/** Logits. */
function applyDense(weights: HeadWeights, features: tf.Tensor2D): tf.Tensor2D {
  return weights.reduce((inputs, { kernel, bias }, i) => {
    const products = tf.matMul(inputs, tf.tensor2d(kernel, [inputsOf({ kernel, bias }), bias.length]));
    const outputs = tf.add<tf.Tensor2D>(products, tf.tensor1d(bias));
    return i < weights.length - 1 ? tf.relu(outputs) : outputs;
  }, features);
}

function inputsOf({ kernel, bias }: DenseWeights): number {
  return kernel.length / bias.length;
}

function poolingLayer(pooling: HeadOptions['pooling']): LayerConfig {
  const name = 'head_pooling';
  switch (pooling) {
    case 'avg':
      return {
        class_name: 'GlobalAveragePooling2D',
        config: { name, trainable: true, data_format: 'channels_last' },
      };
    case 'max':
      return {
        class_name: 'GlobalMaxPooling2D',
        config: { name, trainable: true, data_format: 'channels_last' },
      };
    case 'flatten':
      return { class_name: 'Flatten', config: { name, trainable: true, data_format: 'channels_last' } };
  }
}

function denseLayer(name: string, units: number, activation: string): LayerConfig {
  return { class_name: 'Dense', config: { name, trainable: true, units, activation, use_bias: true } };
}

function dropoutLayer(name: string, rate: number): LayerConfig {
  return { class_name: 'Dropout', config: { name, trainable: true, rate, noise_shape: null, seed: null } };
}

function nameWeights(layer: string, { kernel, bias }: DenseWeights): WeightTensor[] {
  const units = bias.length;
  return [
    { name: `${layer}/kernel`, shape: [kernel.length / units, units], data: kernel },
    { name: `${layer}/bias`, shape: [units], data: bias },
  ];
}
