// A network that gives the pooled outputs of several of its layers as one vector, instead of that of the last one alone.

import { refuseOption } from '../errors.js';
import { showShape } from './layer-shape.js';
import type { LayerConfig, Network } from './network.js';
import { unknownLayer } from './split.js';
import { outputOf, walk } from './walk.js';

/** The layer that joins the pooled outputs. */
export const joinedPoolingName = 'head_taps';

/**
 * Joins the averages of lower feature maps to what a network gives.
 * @param network gives a vector, e.g. the pooled output of its last layer
 * @param layers of feature maps, in the order in which their averages follow the network's own vector
 * @throws FinetuneError `bad-option` for a layer that there is not, or that gives no feature maps
 */
export function joinPooledLayers(network: Network, layers: readonly string[]): Network {
  const { config } = network.topology;
  const output = outputOf(network);
  const poolings = layers.map((layer, i) => poolLayer(network, layer, `head_tap_${i + 1}`));
  const joined: LayerConfig = {
    class_name: 'Concatenate',
    config: { name: joinedPoolingName, trainable: true, axis: -1 },
    name: joinedPoolingName,
    inbound_nodes: [
      [
        [output[0], output[1], output[2], {}],
        ...poolings.map(({ config: { name } }) => [name, 0, 0, {}] as const),
      ],
    ],
  };
  return {
    topology: {
      ...network.topology,
      config: {
        ...config,
        layers: [...config.layers, ...poolings, joined],
        output_layers: [[joinedPoolingName, 0, 0]],
      },
    },
    weights: network.weights,
  };
}

/** How many numbers each group of the joined vector has: the network's own, then one group per layer. */
export function pooledSizes(network: Network, layers: readonly string[]): number[] {
  const { callOf } = walk(network);
  const own = callOf(outputOf(network)).shape.reduce<number>((product, size) => product * (size ?? 0), 1);
  return [own, ...layers.map(layer => callOf([layer, 0, 0]).shape.at(-1) ?? 0)];
}

function poolLayer(network: Network, layer: string, name: string): LayerConfig {
  if (!network.topology.config.layers.some(({ config }) => config.name === layer))
    throw unknownLayer(network, layer);
  const { shape } = walk(network).callOf([layer, 0, 0]);
  if (shape.length !== 3) {
    refuseOption(
      `The layer "${layer}" gives ${showShape(shape)}. Expected a layer that gives feature maps, ` +
        '(None, height, width, channels). See finetune summary.',
    );
  }
  return {
    class_name: 'GlobalAveragePooling2D',
    config: { name, trainable: true, data_format: 'channels_last' },
    name,
    inbound_nodes: [[[layer, 0, 0, {}]]],
  };
}
