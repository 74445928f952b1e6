// What Keras Applications ask of their input's size: the smallest that they take, and a padding before stride-2
// convolutions that depends on the size being odd or even. A network is recognized by the name that Keras gives it.

import type { LayerConfig, Network } from './network.js';
import type { Shape } from './shape-rules.js';
import { walk } from './walk.js';

/** The smallest height and width by name; networks of the user's own take any size. */
const minimumSizes: readonly (readonly [RegExp, number])[] = [
  [/^xception$/, 71],
  [/^inception_(resnet_)?v\d$/, 75],
  [
    /^(vgg1[69]$|(resnet|densenet)\d|mobilenet_|mobilenetv2_|mobilenet_?v3|efficientnet|nasnet|convnext_|squeezenet)/i,
    32,
  ],
];

/** The smallest height and width that a network takes, in pixels: Keras' rule for its own networks, else 1. */
export function minimumSize(networkName: string): number {
  return minimumSizes.find(([pattern]) => pattern.test(networkName))?.[1] ?? 1;
}

/**
 * `[[top, bottom], [left, right]]` before a valid stride-2 convolution; an open size counts as even.
 * @param shape `[height, width, channels]`
 */
export function stride2Padding(shape: Shape, kernelSize: number): readonly (readonly [number, number])[] {
  const half = Math.floor(kernelSize / 2);
  const isOpen = shape[0] === null;
  return shape
    .slice(0, 2)
    .map(size => [half - (isOpen || size === null || size % 2 === 0 ? 1 : 0), half] as const);
}

/** Networks that Keras builds with `correct_pad`; all others have the same padding at every size. */
const paddedBySize = /^(mobilenetv2_|mobilenetv3|nasnet_|efficientnetb\d)/i;

/** The network with the padding that Keras gives it at its present input shape. */
export function adaptPadding(network: Network): Network {
  if (!paddedBySize.test(network.topology.config.name)) return network;
  let adapted = network;
  for (const { name, kernelSize } of paddingLayers(network)) {
    const call = walk(adapted).callOf([name, 0, 0]);
    const [input = []] = call.inputShapes;
    adapted = withConfig(adapted, name, { padding: stride2Padding(input, kernelSize) });
  }
  return adapted;
}

/** ZeroPadding2D layers that only valid windows of stride 2 use. */
function paddingLayers({ topology }: Network): { name: string; kernelSize: number }[] {
  const users = new Map<string, LayerConfig[]>();
  for (const layer of topology.config.layers) {
    for (const [input] of layer.inbound_nodes?.flat() ?? []) {
      users.set(input, [...(users.get(input) ?? []), layer]);
    }
  }
  return topology.config.layers
    .filter(layer => layer.class_name === 'ZeroPadding2D')
    .flatMap(({ config: { name } }) => {
      const configs = (users.get(name) ?? []).map(({ config }) => config);
      const fits = configs.every(({ padding, strides }) => padding === 'valid' && [strides].flat()[0] === 2);
      const size = configs[0]?.kernel_size ?? configs[0]?.pool_size;
      return fits && size !== undefined ? [{ name, kernelSize: Number([size].flat()[0]) }] : [];
    });
}

/** A copy with some entries of one layer's config replaced. */
export function withConfig(
  network: Network,
  name: string,
  entries: Readonly<Record<string, unknown>>,
): Network {
  const { topology } = network;
  const layers = topology.config.layers.map(layer =>
    layer.config.name === name ? { ...layer, config: { ...layer.config, ...entries } } : layer,
  );
  return { ...network, topology: { ...topology, config: { ...topology.config, layers } } };
}
