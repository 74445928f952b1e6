// Keras' mobile networks pad before a stride-2 convolution by an amount that depends on the size being odd or even.

import type { LayerConfig, Network } from './network.js';
import type { Shape } from './shape-rules.js';
import { callKey, layerCalls } from './walk.js';

/**
 * `[[top, bottom], [left, right]]` before a valid stride-2 convolution; an open size counts as even.
 * @param shape `[height, width, channels]`
 */
export function stride2Padding(shape: Shape, kernelSize: number): readonly (readonly [number, number])[] {
  const half = Math.floor(kernelSize / 2);
  const open = shape[0] === null;
  return shape.slice(0, 2).map(size => [half - (open || size! % 2 === 0 ? 1 : 0), half] as const);
}

/** Networks that Keras builds with `correct_pad`; all others have the same padding at every size. */
const paddedBySize = /^(mobilenetv2_|efficientnetb\d)/;

/** The network with the padding that Keras gives it at its present input shape. */
export function adaptPadding(network: Network): Network {
  if (!paddedBySize.test(network.topology.config.name)) return network;
  let adapted = network;
  for (const { layer, kernelSize } of paddingLayers(network)) {
    const { name } = layer.config;
    const input = layerCalls(adapted).get(callKey(layer.inbound_nodes![0]![0]![0], 0))!.shape;
    adapted = withConfig(adapted, name, { padding: stride2Padding(input, kernelSize) });
  }
  return adapted;
}

/** ZeroPadding2D layers whose only user is a valid stride-2 convolution. */
function paddingLayers({ topology }: Network): { layer: LayerConfig; kernelSize: number }[] {
  const { layers } = topology.config;
  return layers
    .filter(layer => layer.class_name === 'ZeroPadding2D')
    .flatMap(layer => {
      const users = layers.filter(user => user.inbound_nodes?.[0]?.[0]?.[0] === layer.config.name);
      const config = users[0]?.config;
      const fits = users.length === 1 && config?.padding === 'valid' && [config.strides].flat()[0] === 2;
      return fits ? [{ layer, kernelSize: Number([config.kernel_size].flat()[0]) }] : [];
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
