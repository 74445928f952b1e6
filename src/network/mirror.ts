// A classifier that averages over an image and its mirror by itself, whoever runs it: every layer is called twice.

import type { InboundTensor, LayerConfig, Network, TensorReference, WeightTensor } from './network.js';
import { outputOf, walk } from './walk.js';

/** The layers that exchange left and right. tfjs has none for that, but it can multiply the columns with a matrix. */
const names = {
  columnsLast: 'mirror_columns',
  reversed: 'mirror_reversed',
  mirrored: 'mirror_image',
} as const;

const averageName = 'mirror_average';

/**
 * A network that gives the mean of what `network` gives for an image and for the image in a mirror. The weights are the
 * same arrays.
 * @param network from one image of a fixed width, `[height, width, channels]`
 */
export function averageOverMirror(network: Network): Network {
  const { config } = network.topology;
  const [input = ['', 0, 0] as const] = config.input_layers;
  const [, width] = walk(network).callOf(input).shape;
  if (width == null) throw new Error('Only images of a fixed width can be mirrored in a network.');
  const calls = new Map(config.layers.map(layer => [layer.config.name, layer.inbound_nodes?.length ?? 0]));
  const toSecondCall = ([name, node, tensor]: TensorReference | InboundTensor): TensorReference =>
    name === input[0] ? [names.mirrored, 0, 0] : [name, node + (calls.get(name) ?? 0), tensor];
  const output = outputOf(network);
  const [first, ...others] = config.layers.map(layer => callAgain(layer, toSecondCall));
  return {
    topology: {
      ...network.topology,
      config: {
        ...config,
        layers: [
          ...(first ? [first] : []),
          ...mirrorLayers(input, width),
          ...others,
          makeLayer('Average', averageName, [output, toSecondCall(output)]),
        ],
        output_layers: [[averageName, 0, 0]],
      },
    },
    weights: new Map([...network.weights, [`${names.reversed}/kernel`, reversal(width)]]),
  };
}

/** Calls a layer once more for each of its calls, on what the second calls of its inputs give. */
function callAgain(
  layer: LayerConfig,
  toSecondCall: (reference: InboundTensor) => TensorReference,
): LayerConfig {
  const nodes = layer.inbound_nodes ?? [];
  const again = nodes.map(inputs =>
    inputs.map((reference): InboundTensor => [...toSecondCall(reference), reference[3]]),
  );
  return { ...layer, inbound_nodes: [...nodes, ...again] };
}

function mirrorLayers(input: TensorReference, width: number): LayerConfig[] {
  return [
    makeLayer('Permute', names.columnsLast, [input], { dims: [1, 3, 2] }),
    makeLayer('Dense', names.reversed, [[names.columnsLast, 0, 0]], {
      units: width,
      activation: 'linear',
      use_bias: false,
    }),
    makeLayer('Permute', names.mirrored, [[names.reversed, 0, 0]], { dims: [1, 3, 2] }),
  ];
}

function makeLayer(
  className: string,
  name: string,
  inputs: readonly TensorReference[],
  settings: Readonly<Record<string, unknown>> = {},
): LayerConfig {
  const inbound = inputs.map(([layer, node, tensor]): InboundTensor => [layer, node, tensor, {}]);
  return {
    class_name: className,
    config: { name, trainable: false, ...settings },
    name,
    inbound_nodes: [inbound],
  };
}

/** The matrix that puts the last column first. */
function reversal(width: number): WeightTensor {
  const data = new Float32Array(width * width);
  for (let column = 0; column < width; column++) data[column * width + (width - 1 - column)] = 1;
  return { name: `${names.reversed}/kernel`, shape: [width, width], data };
}
