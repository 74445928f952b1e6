// Layers that change a feature map's size by interpolation. Positions are tfjs': pixel i of the output is i / scale
// in the input, so that a model answers here as it does in the browser.

import type { LayerCall, Lowering } from './layer-call.js';
import { inOrder, type Value } from './value.js';

export const resizingLowerings: Readonly<Record<string, Lowering>> = { UpSampling2D: upSample };

/** Keras' name of an interpolation and ONNX'. */
const modes = new Map([
  ['nearest', 'nearest'],
  ['bilinear', 'linear'],
]);

function upSample(call: LayerCall): Value {
  call.requireChannelsLast();
  const { graph } = call;
  const input = inOrder(graph, call.featureMap, 'channels-first');
  const [vertical, horizontal] = call.pair('size', [2, 2]);
  const interpolation = call.text('interpolation', 'nearest');
  const mode = modes.get(interpolation);
  if (mode === undefined)
    throw call.unsupported(`interpolation "${interpolation}"; expected nearest or bilinear`);
  const factors = [1, 1, vertical, horizontal];
  const scales = graph.constant(`constant/scale[${factors}]`, [4], () => Float32Array.from(factors));
  const name = graph.node('Resize', call.name, [input.name, '', scales], {
    mode: { text: mode },
    coordinate_transformation_mode: { text: 'asymmetric' },
    nearest_mode: { text: 'floor' },
  });
  const [batch = null, height = null, width = null, channels = null] = input.shape;
  const times = (size: number | null, factor: number) => (size === null ? null : size * factor);
  return { ...input, name, shape: [batch, times(height, vertical), times(width, horizontal), channels] };
}
