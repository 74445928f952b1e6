// Layers that only move values around.

import type { KerasLayer, Steps, Tensor } from '../../layer-config/steps.js';
import { resize } from './resize.js';
import { numberAt, numbersAt, perAxis, requireSetting, wrongSetting } from './settings.js';

/** `Flatten`; tfjs refuses what is flat already. */
export function flatten(_layer: KerasLayer, steps: Steps): Tensor {
  return steps.input.shape.length < 2 ? steps.input : steps.add('Flatten', {}, steps.input);
}

/** `Reshape`; -1 is the size that follows from the others, which tfjs leaves open for the layers above. */
export function reshape(layer: KerasLayer, steps: Steps): Tensor {
  const sizes = numbersAt({ ...layer, config: { sizes: opened(layer) } }, 'sizes');
  const total = steps.input.shape.reduce((count: number, size) => count * (size ?? Number.NaN), 1);
  const rest = sizes.filter(size => size !== -1).reduce((count, size) => count * size, 1);
  const left = Number.isInteger(total / rest) ? total / rest : -1;
  return steps.add('Reshape', { target_shape: sizes.map(size => (size === -1 ? left : size)) }, steps.input);
}

/** Keras 3 writes an open size as null, too. */
function opened({ config }: KerasLayer): unknown {
  return Array.isArray(config.target_shape)
    ? config.target_shape.map(size => size ?? -1)
    : config.target_shape;
}

/** `Permute` */
export function permute(layer: KerasLayer, steps: Steps): Tensor {
  return steps.add('Permute', { dims: numbersAt(layer, 'dims') }, steps.input);
}

/** `RepeatVector` */
export function repeatVector(layer: KerasLayer, steps: Steps): Tensor {
  return steps.add('RepeatVector', { n: numberAt(layer, 'n') }, steps.input);
}

/** `ZeroPadding2D` */
export function zeroPadding(layer: KerasLayer, steps: Steps): Tensor {
  const padding = borders(layer, 'padding');
  return steps.add('ZeroPadding2D', { padding, data_format: 'channels_last' }, steps.input);
}

/** `Cropping2D` */
export function cropping(layer: KerasLayer, steps: Steps): Tensor {
  const cropping = borders(layer, 'cropping');
  return steps.add('Cropping2D', { cropping, data_format: 'channels_last' }, steps.input);
}

/** `1`, `[1, 2]` or `[[1, 1], [2, 2]]` as the last. */
function borders(layer: KerasLayer, name: string): readonly (readonly number[])[] {
  const list = numbersAt(layer, name);
  if (!list.every(size => Number.isSafeInteger(size) && size >= 0))
    throw wrongSetting(layer, name, 'sizes from 0 up');
  if (list.length === 4) return [list.slice(0, 2), list.slice(2)];
  const [rows, columns = rows] = list;
  return [
    [rows!, rows!],
    [columns!, columns!],
  ];
}

/** `UpSampling2D`; tfjs' bilinear kind aligns other points than Keras', so that one becomes an exact resize. */
export function upSampling(layer: KerasLayer, steps: Steps): Tensor {
  requireSetting(layer, 'interpolation', 'nearest', 'bilinear');
  const size = perAxis(layer, 'size', 2, 2);
  if (layer.config.interpolation !== 'bilinear') {
    const config = { size, interpolation: 'nearest', data_format: 'channels_last' };
    return steps.add('UpSampling2D', config, steps.input);
  }
  const [height, width] = steps.input.shape;
  const target = [(height ?? 0) * size[0]!, (width ?? 0) * size[1]!] as const;
  return resize(layer, steps, { input: steps.input, size: target, interpolation: 'bilinear' });
}
