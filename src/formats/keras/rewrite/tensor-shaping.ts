// Operations that move or multiply whole tensors: reshape, transpose, pad, matmul, normalize.

import type { KerasLayer, Steps, Tensor } from '../../layer-config/steps.js';
import { scaled } from './activation.js';
import { argumentOf, axesOf, constantOf, flagOf, numberOf } from './arguments.js';
import { onLastAxis } from './selection.js';
import { unsupportedSetting } from './settings.js';

/** `ops.reshape`: the first size is the batch and must be left open. */
export function reshapeTo(layer: KerasLayer, steps: Steps): Tensor {
  const given = argumentOf(layer, { names: ['newshape', 'shape'], position: 1 });
  const [batch, ...sizes] = Array.isArray(given) ? given.map(size => size ?? -1) : [];
  if (batch !== -1 || !sizes.every((size): size is number => Number.isSafeInteger(size))) {
    throw unsupportedSetting(
      layer,
      `the shape ${JSON.stringify(given)}: its first size is the batch and must be -1`,
    );
  }
  return steps.add('Reshape', { target_shape: sizes }, steps.input);
}

/** `ops.transpose`; the batch stays where it is. */
export function transpose(layer: KerasLayer, steps: Steps): Tensor {
  const [batch, ...dims] =
    constantOf(argumentOf(layer, { names: ['axes', 'perm'], position: 1 }))?.values ?? [];
  const rank = steps.input.shape.length + 1;
  if (batch !== 0) throw unsupportedSetting(layer, 'axes that move the batch');
  return steps.add('Permute', { dims: dims.map(axis => (axis < 0 ? axis + rank : axis)) }, steps.input);
}

/** `ops.expand_dims` */
export function expandDims(layer: KerasLayer, steps: Steps): Tensor {
  const { shape } = steps.input;
  const axis = numberOf(layer, { names: ['axis'], position: 1 });
  const place = (axis < 0 ? axis + shape.length + 2 : axis) - 1;
  if (place < 0) throw unsupportedSetting(layer, 'an axis before the batch');
  return steps.add(
    'Reshape',
    { target_shape: shape.map(size => size ?? -1).toSpliced(place, 0, 1) },
    steps.input,
  );
}

/** `ops.squeeze` */
export function squeeze(layer: KerasLayer, steps: Steps): Tensor {
  const { shape } = steps.input;
  const given = argumentOf(layer, { names: ['axis'], position: 1 });
  const axes = given === undefined ? undefined : axesOf(layer, steps.input, given);
  const kept = shape.filter((size, axis) => (axes === undefined ? size !== 1 : !axes.includes(axis)));
  return steps.add('Reshape', { target_shape: kept.map(size => size ?? -1) }, steps.input);
}

/** `ops.pad` of height and width with a constant. */
export function pad(layer: KerasLayer, steps: Steps): Tensor {
  const widths = constantOf(argumentOf(layer, { names: ['pad_width', 'paddings'], position: 1 }));
  const mode = String(argumentOf(layer, { names: ['mode'], position: 2 }) ?? 'constant').toLowerCase();
  const value = numberOf(layer, { names: ['constant_values'], position: 3 }, 0);
  const [before, after, top = 0, bottom = 0, left = 0, right = 0, ...channels] = widths?.values ?? [];
  const padsPlaces = [before, after, ...channels].every(width => width === 0) && channels.length === 2;
  if (mode !== 'constant' || !padsPlaces) {
    throw unsupportedSetting(layer, `a padding of mode ${mode}, or of other axes than height and width`);
  }
  const padding = [
    [top, bottom],
    [left, right],
  ];
  const lowered = value === 0 ? steps.input : scaled(steps.input, 1, -value, steps);
  const padded = steps.add('ZeroPadding2D', { padding, data_format: 'channels_last' }, lowered);
  return value === 0 ? padded : scaled(padded, 1, value, steps);
}

/** `ops.matmul` with a constant matrix, or of two matrices per image. */
export function matrixProduct(layer: KerasLayer, steps: Steps): Tensor {
  if (
    flagOf(layer, { names: ['transpose_a'], position: 2 }) ||
    flagOf(layer, { names: ['transpose_b'], position: 3 })
  ) {
    throw unsupportedSetting(layer, 'a transposed operand');
  }
  const [one, other] = steps.inputs;
  if (one !== undefined && other !== undefined) {
    if (one.shape.length === 2 && other.shape.length === 2)
      return steps.add('Dot', { axes: [2, 1] }, [one, other]);
    throw unsupportedSetting(layer, 'operands of other than three axes');
  }
  const matrix = constantOf(argumentOf(layer, { names: ['x2', 'b', 'other'], position: 1 }));
  const [rows, columns, ...more] = matrix?.shape ?? [];
  if (matrix === undefined || rows === undefined || columns === undefined || more.length > 0) {
    throw unsupportedSetting(layer, 'operands other than a tensor and a constant matrix');
  }
  const values = Float32Array.from(matrix.values);
  const config = { trainable: false, units: columns, use_bias: false, activation: 'linear' };
  return steps.add('Dense', config, steps.input, [
    { name: 'kernel', shape: [rows, columns], from: { values } },
  ]);
}

/** The identity that `Dot` multiplies with has as many values as the axis' size squared. */
const maximumVector = 2048;

/**
 * Division by the length along one axis. tfjs' `Dot` can do it: it normalizes both operands, and the columns of an
 * identity matrix have length 1 already. The identity comes as the bias of a layer whose kernel is zero.
 */
export function normalize(layer: KerasLayer, steps: Steps): Tensor {
  const axes = axesOf(layer, steps.input, argumentOf(layer, { names: ['axis', 'dim'], position: 1 }) ?? -1);
  const [axis, ...more] = axes;
  const order = numberOf(layer, { names: ['order', 'ord'], position: 2 }, 2);
  const size = axis === undefined ? undefined : steps.input.shape[axis];
  if (axis === undefined || size == null || more.length > 0 || order !== 2 || size > maximumVector) {
    throw unsupportedSetting(
      layer,
      `other than the length (order 2) along one axis of at most ${maximumVector}`,
    );
  }
  return onLastAxis(steps, steps.input, axis, turned => {
    const rows = steps.add('Reshape', { target_shape: [-1, size] }, turned);
    const unit = steps.add('Dot', { axes: [2, 1], normalize: true }, [rows, identity(steps, size)]);
    return steps.add('Reshape', { target_shape: turned.shape.map(each => each ?? -1) }, unit);
  });
}

/** `[size, size]` for every image. */
function identity(steps: Steps, size: number): Tensor {
  const values = new Float32Array(size * size);
  for (let i = 0; i < size; i++) values[i * (size + 1)] = 1;
  const flat = steps.input.shape.length === 1 ? steps.input : steps.add('Flatten', {}, steps.input);
  const column = steps.add('Reshape', { target_shape: [-1, 1, 1] }, flat);
  const one = steps.add('GlobalMaxPooling2D', { data_format: 'channels_last' }, column);
  const config = { trainable: false, units: size * size, use_bias: true, activation: 'linear' };
  const constant = steps.add('Dense', config, one, [
    { name: 'kernel', shape: [1, size * size], from: { values: new Float32Array(size * size) } },
    { name: 'bias', shape: [size * size], from: { values } },
  ]);
  return steps.add('Reshape', { target_shape: [size, size] }, constant);
}
