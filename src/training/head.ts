// The head as a network of its own: from features to probabilities, in layers as Keras and tfjs name them.

import type { FunctionalConfig, LayerConfig, Network, WeightTensor } from '../network/network.js';

/** One dense layer: kernel `[inputs, units]` row-major, bias `[units]`. */
export interface DenseWeights {
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
}

/** What a head is made of. */
export interface HeadPlan {
  /** Units of the hidden layers; none for a linear head. */
  readonly hidden: readonly number[];
  /** Part dropped of each hidden layer's outputs, or of the features where there is no hidden layer; 0 adds no such layer. */
  readonly dropout: number;
  readonly classes: number;
}

/**
 * The head as a network, ending in the softmax layer `predictions`.
 * @param shape of one image's features, e.g. `[1280]`
 * @param weights the dense layers from the features up; those below the last are relu
 */
export function headNetwork(
  shape: readonly number[],
  { hidden, dropout, classes }: HeadPlan,
  weights: readonly DenseWeights[],
): Network {
  const names = [...hidden.map((_, i) => `head_dense_${i + 1}`), 'predictions'];
  const units = [...hidden, classes];
  const layers = names.flatMap((name, i) => {
    const activation = i < hidden.length ? 'relu' : 'softmax';
    const dense = layer('Dense', { name, trainable: true, units: units[i], activation, use_bias: true });
    const drops = dropout > 0 && (i > 0 || hidden.length === 0);
    return drops ? [dropoutLayer(`head_dropout_${Math.max(i, 1)}`, dropout), dense] : [dense];
  });
  const tensors = weights.flatMap((dense, i) => nameWeights(names[i] ?? '', dense));
  return {
    topology: chainLayers(shape, layers),
    weights: new Map(tensors.map(tensor => [tensor.name, tensor])),
  };
}

/** Layers one after the other, from an input of the given shape. */
function chainLayers(shape: readonly number[], layers: readonly LayerConfig[]): FunctionalConfig {
  const name = 'features';
  const input = layer('InputLayer', { name, batch_input_shape: [null, ...shape], dtype: 'float32' });
  let last = name;
  const chained = layers.map((each): LayerConfig => {
    const inbound = [[[last, 0, 0, {}] as const]];
    last = each.config.name;
    return { ...each, name: last, inbound_nodes: inbound };
  });
  return {
    class_name: 'Model',
    config: {
      name: 'head',
      layers: [{ ...input, name, inbound_nodes: [] }, ...chained],
      input_layers: [[name, 0, 0]],
      output_layers: [[last, 0, 0]],
    },
  };
}

function layer(className: string, config: LayerConfig['config']): LayerConfig {
  return { class_name: className, config };
}

function dropoutLayer(name: string, rate: number): LayerConfig {
  return layer('Dropout', { name, trainable: true, rate, noise_shape: null, seed: null });
}

function nameWeights(name: string, { kernel, bias }: DenseWeights): WeightTensor[] {
  const units = bias.length;
  return [
    { name: `${name}/kernel`, shape: [kernel.length / units, units], data: kernel },
    { name: `${name}/bias`, shape: [units], data: bias },
  ];
}
