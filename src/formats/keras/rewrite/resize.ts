// Resizing inside a network, exactly as Keras does it: tfjs' own layers align other points. Every kind of resizing is a
// linear map per axis, so a matrix each for rows and columns does it.

import type { KerasLayer, Steps, Tensor } from '../../layer-config/steps.js';
import { scaled } from './activation.js';
import { argumentOf, constantOf, flagOf } from './arguments.js';
import { type Interpolation, isInterpolation, resizeMatrix } from './resize-matrix.js';
import { numberAt, requireSetting, unsupportedSetting, wrongSetting } from './settings.js';

/** A matrix has as many values as old and new size multiplied. */
const maximumSize = 4096;

type Size = readonly [height: number, width: number];

/** What to resize, to what size and how. */
export interface Resize {
  /** `[height, width, channels]` */
  readonly input: Tensor;
  readonly size: Size;
  readonly interpolation: Interpolation;
}

/** `Resizing` */
export function resizing(layer: KerasLayer, steps: Steps): Tensor {
  const size = targetOf(layer);
  const interpolation = interpolationOf(layer, layer.config.interpolation, layer.config.antialias === true);
  return resize(layer, steps, { input: fitted(layer, steps, size), size, interpolation });
}

/** `keras.ops.image.resize` and `tf.image.resize`. */
export function resizeOperation(layer: KerasLayer, steps: Steps): Tensor {
  if (flagOf(layer, { names: ['preserve_aspect_ratio'], position: 3 }))
    throw unsupportedSetting(layer, 'preserve_aspect_ratio=true');
  const given = constantOf(argumentOf(layer, { names: ['size'], position: 1 }))?.values ?? [];
  const [height, width] = given;
  const size = targetOf({ ...layer, config: { height, width } });
  const method = argumentOf(layer, { names: ['interpolation', 'method'], position: 2 });
  const isAntialiased = flagOf(layer, { names: ['antialias'], position: 4 });
  const interpolation = interpolationOf(layer, method, isAntialiased);
  return resize(layer, steps, { input: fitted(layer, steps, size), size, interpolation });
}

function interpolationOf(layer: KerasLayer, given: unknown, isAntialiased: boolean): Interpolation {
  const name = String(given ?? 'bilinear').toLowerCase();
  if (!isInterpolation(name)) throw unsupportedSetting(layer, `interpolation=${name.slice(0, 40)}`);
  return isAntialiased && name !== 'nearest' ? `${name}, antialiased` : name;
}

/** The input cropped or padded to the target's ratio, where the layer keeps the ratio. */
function fitted(layer: KerasLayer, steps: Steps, size: Size): Tensor {
  if (layer.config.crop_to_aspect_ratio === true) return cropToRatio(layer, steps, size);
  if (layer.config.pad_to_aspect_ratio === true) return padToRatio(layer, steps, size);
  return steps.input;
}

/** `CenterCrop`; an input that is smaller is resized, as Keras does. */
export function centerCrop(layer: KerasLayer, steps: Steps): Tensor {
  const [height, width] = sizesOf(layer, steps.input);
  const target = targetOf(layer);
  if (height < target[0] || width < target[1]) return smartResize(layer, steps);
  return cropCentre(layer, steps, target);
}

/** The largest window of the target's ratio, resized: what `RandomCrop` does outside of training. */
export function smartResize(layer: KerasLayer, steps: Steps): Tensor {
  const size = targetOf(layer);
  return resize(layer, steps, { input: cropToRatio(layer, steps, size), size, interpolation: 'bilinear' });
}

function targetOf(layer: KerasLayer): Size {
  const target = [numberAt(layer, 'height'), numberAt(layer, 'width')] as const;
  const isSize = (size: number) => Number.isInteger(size) && size > 0 && size <= maximumSize;
  if (target.every(isSize)) return target;
  throw wrongSetting(layer, 'height', `with width, sizes from 1 to ${maximumSize}`);
}

/** Keras pads by the same, rounded down, on both ends. */
function padToRatio(layer: KerasLayer, steps: Steps, [toHeight, toWidth]: Size): Tensor {
  requireSetting(layer, 'fill_mode', 'constant');
  const value = numberAt(layer, 'fill_value', 0);
  const [height, width] = sizesOf(layer, steps.input);
  const rows = Math.floor((Math.max(height, Math.floor((width * toHeight) / toWidth)) - height) / 2);
  const columns = Math.floor((Math.max(width, Math.floor((height * toWidth) / toHeight)) - width) / 2);
  if (rows === 0 && columns === 0) return steps.input;
  const padding = [
    [rows, rows],
    [columns, columns],
  ];
  const lowered = value === 0 ? steps.input : scaled(steps.input, 1, -value, steps);
  const padded = steps.add('ZeroPadding2D', { padding, data_format: 'channels_last' }, lowered);
  return value === 0 ? padded : scaled(padded, 1, value, steps);
}

function cropToRatio(layer: KerasLayer, steps: Steps, [toHeight, toWidth]: Size): Tensor {
  const [height, width] = sizesOf(layer, steps.input);
  const within = (size: number, limit: number) => Math.max(Math.min(Math.floor(size), limit), 1);
  const window = [
    within((width * toHeight) / toWidth, height),
    within((height * toWidth) / toHeight, width),
  ] as const;
  return cropCentre(layer, steps, window);
}

function cropCentre(layer: KerasLayer, steps: Steps, [toHeight, toWidth]: Size): Tensor {
  const [height, width] = sizesOf(layer, steps.input);
  if (height === toHeight && width === toWidth) return steps.input;
  const split = (border: number) => [Math.floor(border / 2), Math.ceil(border / 2)];
  const cropping = [split(height - toHeight), split(width - toWidth)];
  return steps.add('Cropping2D', { cropping, data_format: 'channels_last' }, steps.input);
}

/**
 * Resizes an image inside of the network.
 * @throws FinetuneError `unsupported-layer` where height or width is open
 */
export function resize(layer: KerasLayer, steps: Steps, { input, size, interpolation }: Resize): Tensor {
  const [height, width] = sizesOf(layer, input);
  const [toHeight, toWidth] = size;
  if (height === toHeight && width === toWidth) return input;
  const rowsLast = steps.add('Permute', { dims: [2, 3, 1] }, input); // [width, channels, height]
  const rows = resizeLast(steps, rowsLast, { to: toHeight, interpolation });
  const columnsLast = steps.add('Permute', { dims: [3, 2, 1] }, rows); // [toHeight, channels, width]
  const columns = resizeLast(steps, columnsLast, { to: toWidth, interpolation });
  return steps.add('Permute', { dims: [1, 3, 2] }, columns);
}

interface LastAxis {
  readonly to: number;
  readonly interpolation: Interpolation;
}

function resizeLast(steps: Steps, input: Tensor, { to, interpolation }: LastAxis): Tensor {
  const from = input.shape.at(-1) ?? 0;
  const values = resizeMatrix(from, to, interpolation);
  const config = { trainable: false, units: to, use_bias: false, activation: 'linear' };
  return steps.add('Dense', config, input, [{ name: 'kernel', shape: [from, to], from: { values } }]);
}

function sizesOf(layer: KerasLayer, { shape }: Tensor): Size {
  const [height, width] = shape;
  if (typeof height === 'number' && typeof width === 'number' && shape.length === 3) return [height, width];
  throw unsupportedSetting(layer, 'an input of open height or width');
}
