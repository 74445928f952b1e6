// Convolutions and matrix products, alone or fused with a bias and an activation.

import { activate, activationNames } from './activations.js';
import type { Operation, Tensor } from './builder.js';
import type { Constant } from './constants.js';
import { integersOf, textOf, textsOf } from './graph.js';
import { constantAt, tensorAt, unsupported } from './operands.js';

export function convolution(operation: Operation): Tensor {
  const kernel = constantAt(operation, 1);
  const config = { ...windowOf(operation, kernel), filters: kernel.shape[3] };
  return withFused(operation, 'Conv2D', config, { kernel });
}

export function depthwiseConvolution(operation: Operation): Tensor {
  const kernel = constantAt(operation, 1);
  const config = { ...windowOf(operation, kernel), depth_multiplier: kernel.shape[3] };
  return withFused(operation, 'DepthwiseConv2D', config, { depthwise_kernel: kernel });
}

export function matrixProduct(operation: Operation): Tensor {
  const { node } = operation;
  const kernel = constantAt(operation, 1);
  if (node.attr.transpose_a?.b) throw unsupported(node, 'its input is transposed');
  const matrix = node.attr.transpose_b?.b ? transposed(kernel) : kernel;
  return withFused(operation, 'Dense', { units: matrix.shape[1], activation: 'linear' }, { kernel: matrix });
}

function windowOf({ node }: Operation, kernel: Constant) {
  if (textOf(node, 'data_format', 'NHWC') !== 'NHWC') throw unsupported(node, 'its channels come first');
  const spatial = (name: string) =>
    node.attr[name]?.list?.i === undefined ? [1, 1] : integersOf(node, name).slice(1, 3);
  return {
    kernel_size: kernel.shape.slice(0, 2),
    strides: spatial('strides'),
    dilation_rate: spatial('dilations'),
    padding: textOf(node, 'padding').toLowerCase(),
    data_format: 'channels_last',
    activation: 'linear',
  };
}

/** `padding: explicit` is a zero padding before a valid window. */
function withPadding(
  operation: Operation,
  config: Record<string, unknown>,
): { input: Tensor; config: Record<string, unknown> } {
  const input = tensorAt(operation, 0);
  if (config.padding !== 'explicit') return { input, config };
  const [, , top, bottom, left, right] = integersOf(operation.node, 'explicit_paddings');
  const borders = {
    padding: [
      [top, bottom],
      [left, right],
    ],
    data_format: 'channels_last',
  };
  const padded = operation.build.add(operation.node, 'ZeroPadding2D', [input], borders);
  return { input: padded, config: { ...config, padding: 'valid' } };
}

function withFused(
  operation: Operation,
  className: string,
  config: Record<string, unknown>,
  weights: Record<string, Constant>,
): Tensor {
  const { node, build } = operation;
  const fused = textsOf(node, 'fused_ops');
  const hasBias = fused[0] === 'BiasAdd';
  const [follow, ...more] = hasBias ? fused.slice(1) : fused;
  if (more.length > 0 || (follow !== undefined && !activationNames.includes(follow))) {
    throw unsupported(node, `it is fused with ${fused.join(', ')}`);
  }
  const { input, config: window } = withPadding(operation, config);
  const bias = hasBias ? { bias: constantAt(operation, 2) } : {};
  const output = build.add(
    node,
    className,
    [input],
    { ...window, use_bias: hasBias },
    { ...weights, ...bias },
  );
  return follow === undefined ? output : activate(build, node, follow, output);
}

function transposed({ shape, data }: Constant): Constant {
  const [rows = 0, columns = 0] = shape;
  const turned = Float32Array.from(data, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!);
  return { kind: 'constant', shape: [columns, rows], data: turned };
}
