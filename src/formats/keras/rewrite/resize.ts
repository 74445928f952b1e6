// Resizing inside a network, exactly as Keras does it: tfjs' own layers align other points. Bilinear and nearest
// resizing are linear maps per axis, so a matrix each for rows and columns does it.

import type { KerasLayer, Steps, Tensor } from '../../layer-config/steps.js';
import { numberAt, requireSetting, unsupportedSetting, wrongSetting } from './settings.js';

type Interpolation = 'bilinear' | 'nearest';

/** A matrix has as many values as old and new size multiplied. */
const maximumSize = 4096;

type Size = readonly [height: number, width: number];

/** `Resizing` */
export function resizing(layer: KerasLayer, steps: Steps): Tensor {
  requireSetting(layer, 'pad_to_aspect_ratio', false);
  requireSetting(layer, 'antialias', false);
  requireSetting(layer, 'interpolation', 'bilinear', 'nearest');
  const interpolation = layer.config.interpolation === 'nearest' ? 'nearest' : 'bilinear';
  const target = targetOf(layer);
  const input = layer.config.crop_to_aspect_ratio === true ? cropToRatio(layer, steps, target) : steps.input;
  return resize(layer, steps, input, target, interpolation);
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
  const target = targetOf(layer);
  return resize(layer, steps, cropToRatio(layer, steps, target), target, 'bilinear');
}

function targetOf(layer: KerasLayer): Size {
  const target = [numberAt(layer, 'height'), numberAt(layer, 'width')] as const;
  const isSize = (size: number) => Number.isInteger(size) && size > 0 && size <= maximumSize;
  if (target.every(isSize)) return target;
  throw wrongSetting(layer, 'height', `with width, sizes from 1 to ${maximumSize}`);
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
 * Resizes `[height, width, channels]`.
 * @throws FinetuneError `unsupported-layer` where height or width is open
 */
export function resize(
  layer: KerasLayer,
  steps: Steps,
  input: Tensor,
  [toHeight, toWidth]: Size,
  interpolation: Interpolation,
): Tensor {
  const [height, width] = sizesOf(layer, input);
  if (height === toHeight && width === toWidth) return input;
  const rowsLast = steps.add('Permute', { dims: [2, 3, 1] }, input); // [width, channels, height]
  const rows = resizeLast(steps, rowsLast, height, toHeight, interpolation);
  const columnsLast = steps.add('Permute', { dims: [3, 2, 1] }, rows); // [toHeight, channels, width]
  const columns = resizeLast(steps, columnsLast, width, toWidth, interpolation);
  return steps.add('Permute', { dims: [1, 3, 2] }, columns);
}

function resizeLast(
  steps: Steps,
  input: Tensor,
  from: number,
  to: number,
  interpolation: Interpolation,
): Tensor {
  const values = resizeMatrix(from, to, interpolation);
  const config = { trainable: false, units: to, use_bias: false, activation: 'linear' };
  return steps.add('Dense', config, input, [{ name: 'kernel', shape: [from, to], from: { values } }]);
}

/** `[from, to]`: the part that each old pixel has in each new one, pixel centres at one half. */
function resizeMatrix(from: number, to: number, interpolation: Interpolation): Float32Array {
  const matrix = new Float32Array(from * to);
  const scale = from / to;
  for (let i = 0; i < to; i++) {
    if (interpolation === 'nearest') {
      matrix[Math.min(Math.floor((i + 0.5) * scale), from - 1) * to + i] = 1;
      continue;
    }
    const position = Math.max((i + 0.5) * scale - 0.5, 0);
    const lower = Math.min(Math.floor(position), from - 1);
    const upper = Math.min(lower + 1, from - 1);
    const part = position - lower;
    matrix[lower * to + i]! += 1 - part;
    matrix[upper * to + i]! += part;
  }
  return matrix;
}

function sizesOf(layer: KerasLayer, { shape }: Tensor): Size {
  const [height, width] = shape;
  if (typeof height === 'number' && typeof width === 'number' && shape.length === 3) return [height, width];
  throw unsupportedSetting(layer, 'an input of open height or width');
}
