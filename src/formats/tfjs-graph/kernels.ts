// Convolutions, matrix products and activations, alone or fused: a convolution, its bias and what follows.

import type { Tensor } from '../../network/builder.js';
import { dilatedSize, dilateKernel } from '../dilated-kernel.js';
import type { Constant } from './constants.js';
import { type GraphNode, integersOf, textOf, textsOf } from './graph.js';
import { constantAt, layerName, type Operation, tensorAt, unsupported } from './operands.js';

type Config = Readonly<Record<string, unknown>>;

/** A kernel layer to be: its class, its config without the bias, its kernel by variable. */
interface KernelLayer {
  readonly className: string;
  readonly config: Config;
  readonly kernel: Readonly<Record<string, Constant>>;
}

/** Conv2D. */
export function convolution(operation: Operation): Tensor {
  const kernel = constantAt(operation, 1);
  const config = { ...windowOf(operation, kernel), filters: kernel.shape[3] };
  return withFused(operation, { className: 'Conv2D', config, kernel: { kernel } });
}

/** A convolution of every channel for itself. */
export function depthwiseConvolution(operation: Operation): Tensor {
  const kernel = constantAt(operation, 1);
  const { dilation_rate: rates, ...window } = windowOf(operation, kernel);
  const dilated = rates.every(rate => rate === 1) ? kernel : dilate(operation, kernel, rates);
  const config = { ...window, kernel_size: dilated.shape.slice(0, 2), depth_multiplier: kernel.shape[3] };
  const kernels = { depthwise_kernel: dilated };
  return withFused(operation, { className: 'DepthwiseConv2D', config, kernel: kernels });
}

/** A kernel that would grow more times than this with its dilation is refused: it would fill the memory. */
const mostGrowth = 100;

function dilate({ node }: Operation, { shape, data, ...rest }: Constant, rates: readonly number[]): Constant {
  const size = dilatedSize(shape.slice(0, 2), rates);
  const depth = shape.slice(2).reduce((product, length) => product * length, 1);
  const count = size.reduce((product, length) => product * length, depth);
  if (!rates.every(rate => rate >= 1) || count > mostGrowth * data.length) {
    throw unsupported(node, `its dilations are ${rates.join(' and ')}`);
  }
  const values = dilateKernel(data, { size: shape, rates, depth });
  return { ...rest, shape: [...size, ...shape.slice(2)], data: values };
}

/** A dense layer. */
export function matrixProduct(operation: Operation): Tensor {
  const { node } = operation;
  const kernel = constantAt(operation, 1);
  if (node.attr.transpose_a?.b) throw unsupported(node, 'its input is transposed');
  const matrix = node.attr.transpose_b?.b ? transposed(kernel) : kernel;
  const config = { units: matrix.shape[1], activation: 'linear' };
  return withFused(operation, { className: 'Dense', config, kernel: { kernel: matrix } });
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
function withPadding(operation: Operation, config: Config): { input: Tensor; window: Config } {
  const input = tensorAt(operation, 0);
  if (config.padding !== 'explicit') return { input, window: config };
  const [, , top = 0, bottom = 0, left = 0, right = 0] = integersOf(operation.node, 'explicit_paddings');
  const borders = [
    [top, bottom],
    [left, right],
  ] as const;
  const padded = operation.build.pad(input, layerName(operation.node), borders);
  return { input: padded, window: { ...config, padding: 'valid' } };
}

function withFused(operation: Operation, { className, config, kernel }: KernelLayer): Tensor {
  const { node, build } = operation;
  const fused = textsOf(node, 'fused_ops');
  const hasBias = fused[0] === 'BiasAdd';
  const [follow, ...more] = hasBias ? fused.slice(1) : fused;
  if (more.length > 0 || (follow !== undefined && !activationNames.includes(follow))) {
    throw unsupported(node, `it is fused with ${fused.join(', ')}`);
  }
  const { input, window } = withPadding(operation, config);
  const bias = hasBias ? { bias: constantAt(operation, 2) } : {};
  const settings = { name: layerName(node), ...window, use_bias: hasBias };
  const output = build.withWeights(build.add(className, [input], settings), { ...kernel, ...bias });
  return follow === undefined ? output : activate(operation, follow, output);
}

function transposed({ shape, data }: Constant): Constant {
  const [rows = 0, columns = 0] = shape;
  const turned = Float32Array.from(data, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)] ?? 0);
  return { kind: 'constant', shape: [columns, rows], data: turned };
}

type PlanLayer = (node: GraphNode) => readonly [className: string, config: Config];

const plain = ['Relu', 'Elu', 'Selu', 'Sigmoid', 'Tanh', 'Softplus'];

/** Class and config of the layer, by operation. */
const layers: ReadonlyMap<string, PlanLayer> = new Map<string, PlanLayer>([
  ...plain.map((name): [string, PlanLayer] => [
    name,
    () => ['Activation', { activation: name.toLowerCase() }],
  ]),
  ['Relu6', () => ['ReLU', { max_value: 6 }]],
  ['Softmax', () => ['Softmax', { axis: -1 }]],
  ['LeakyRelu', ({ attr }) => ['LeakyReLU', { alpha: attr.alpha?.f ?? attr.leakyrelu_alpha?.f ?? 0.2 }]],
]);

/** The operations that are activations. */
export const activationNames: readonly string[] = [...layers.keys()];

/** An activation that is a node. */
export function activation(operation: Operation): Tensor {
  return activate(operation, operation.node.op, tensorAt(operation, 0));
}

function activate({ node, build }: Operation, operationName: string, input: Tensor): Tensor {
  const plan = layers.get(operationName);
  if (plan === undefined) throw unsupported(node, `it ends in ${operationName}`);
  const [className, config] = plan(node);
  return build.add(className, [input], { name: layerName(node), ...config });
}
