// Pooling, over windows and over the whole map.

import type { LayerCall, Lowering } from './layer-call.js';
import { inOrder, type Value } from './value.js';
import { paddingOf, type Window, windowAttributes, windowOutputSize } from './window.js';

export const poolingLowerings: Readonly<Record<string, Lowering>> = {
  MaxPooling2D: call => pool(call, 'MaxPool'),
  // ONNX leaves padding out of the average by default (count_include_pad = 0), as Keras does.
  AveragePooling2D: call => pool(call, 'AveragePool'),
  GlobalMaxPooling2D: call => poolGlobally(call, 'GlobalMaxPool'),
  GlobalAveragePooling2D: call => poolGlobally(call, 'GlobalAveragePool'),
};

function pool(call: LayerCall, op: string): Value {
  call.requireChannelsLast();
  const input = inOrder(call.graph, call.featureMap, 'channels-first');
  const size = call.pair('pool_size', [2, 2]);
  const window: Window = {
    size,
    strides: call.layer.config.strides == null ? size : call.pair('strides', size),
    dilations: [1, 1],
    padding: paddingOf(call),
  };
  const inputSize = input.shape.slice(1, 3);
  const name = call.graph.node(op, call.name, [input.name], windowAttributes(window, inputSize));
  const [height = null, width = null] = windowOutputSize(window, inputSize);
  return {
    name,
    shape: [input.shape[0] ?? null, height, width, input.shape[3] ?? null],
    order: 'channels-first',
  };
}

function poolGlobally(call: LayerCall, op: string): Value {
  call.requireChannelsLast();
  const input = inOrder(call.graph, call.featureMap, 'channels-first');
  const [batch = null, , , channels = null] = input.shape;
  const pooled = call.graph.node(op, call.name, [input.name]);
  if (call.flag('keepdims', false))
    return { name: pooled, shape: [batch, 1, 1, channels], order: 'channels-first' };
  const flat = call.graph.node('Flatten', `${call.name}/flat`, [pooled], { axis: { int: 1 } });
  return { name: flat, shape: [batch, channels], order: 'channels-last' };
}
