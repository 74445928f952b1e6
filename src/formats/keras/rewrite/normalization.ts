// Normalisations. tfjs has no Normalization layer and scales by single numbers only: both become a batch normalisation
// with fixed statistics, which computes the same.

import type { KerasLayer, SavedVariable, Steps, StepWeight, Tensor } from '../../layer-config/steps.js';
import {
  common,
  exchange,
  numberAt,
  numbersAt,
  pick,
  requireSetting,
  unsupportedSetting,
} from './settings.js';

/** Keras' floor under the standard deviation. */
const smallestDeviation = 1e-7;

/** `BatchNormalization`, the synchronised kind too: they differ in training only. */
export function batchNormalization(layer: KerasLayer, steps: Steps): Tensor {
  requireSetting(layer, 'renorm', false);
  const rank = steps.input.shape.length + 1;
  const [given, ...more] = layer.config.axis === undefined ? [-1] : numbersAt(layer, 'axis');
  if (more.length > 0) throw unsupportedSetting(layer, 'several axes');
  const config = {
    ...common(layer),
    axis: -1,
    momentum: numberAt(layer, 'momentum', 0.99),
    epsilon: numberAt(layer, 'epsilon', 0.001),
    ...pick(layer.config, ['center', 'scale']),
  };
  const axis = given! < 0 ? given! + rank : given!;
  const normalize = (input: Tensor) => steps.addWithVariables('BatchNormalization', config, input);
  return onLastAxis(steps, axis, normalize);
}

/** tfjs normalises rightly over the last axis only, so another one changes places with it meanwhile. */
function onLastAxis(steps: Steps, axis: number, normalize: (input: Tensor) => Tensor): Tensor {
  const rank = steps.input.shape.length + 1;
  if (axis === rank - 1) return normalize(steps.input);
  const dims = exchange(axis, rank - 1, rank);
  return steps.add('Permute', { dims }, normalize(steps.add('Permute', { dims }, steps.input)));
}

/** `LayerNormalization` over one axis, or over the last ones together. */
export function layerNormalization(layer: KerasLayer, steps: Steps): Tensor {
  requireSetting(layer, 'rms_scaling', false);
  const rank = steps.input.shape.length + 1;
  const axes = layer.config.axis === undefined ? [-1] : numbersAt(layer, 'axis');
  const fromEnd = axes.map(axis => (axis < 0 ? axis : axis - rank)).sort((one, other) => one - other);
  const [first = -1, ...more] = fromEnd;
  if (more.length > 0 && !fromEnd.every((axis, i) => axis === i - fromEnd.length))
    throw unsupportedSetting(layer, `axis=${JSON.stringify(axes)}`);
  const config = {
    ...common(layer),
    axis: more.length === 0 ? -1 : fromEnd,
    epsilon: numberAt(layer, 'epsilon', 0.001),
    ...pick(layer.config, ['center', 'scale']),
  };
  const normalize = (input: Tensor) => steps.addWithVariables('LayerNormalization', config, input);
  return more.length > 0 ? normalize(steps.input) : onLastAxis(steps, first + rank, normalize);
}

/** `Normalization`: `(x - mean) / max(sqrt(variance), 1e-7)`, its statistics saved or set. */
export function normalization(layer: KerasLayer, steps: Steps): Tensor {
  const channels = steps.input.shape.at(-1);
  if (channels === null || channels === undefined)
    throw unsupportedSetting(layer, 'an open number of channels');
  const size = statisticsSize(layer, steps, channels);
  const widen = (values: Float32Array) =>
    values.length === 1 ? new Float32Array(channels).fill(values[0]!) : values;
  if ((layer.config.mean ?? null) !== null) {
    const values = (name: string) => ({ values: widen(Float32Array.from(numbersAt(layer, name))) });
    return withStatistics(layer, steps, {
      size: channels,
      mean: values('mean'),
      variance: values('variance'),
    });
  }
  const shape = isWhole(layer.config.axis) ? [] : [size];
  const mean = steps.expect({ name: 'mean', shape, trainable: false });
  const variance = steps.expect({ name: 'variance', shape, trainable: false });
  steps.expect({ name: 'count', shape: [], trainable: false, optional: true });
  return withStatistics(layer, steps, {
    size: channels,
    mean: { saved: mean, transform: widen },
    variance: { saved: variance, transform: widen },
  });
}

/** How many means there are: one per channel, or one in all (`axis=None`). */
function statisticsSize(layer: KerasLayer, steps: Steps, channels: number): number {
  const { axis } = layer.config;
  if (isWhole(axis)) return 1;
  const rank = steps.input.shape.length + 1;
  const [first, ...more] = axis === undefined ? [-1] : numbersAt(layer, 'axis');
  if (more.length === 0 && (first === -1 || first === rank - 1)) return channels;
  throw unsupportedSetting(layer, `axis=${JSON.stringify(axis)}`);
}

/** `axis=None`, which Keras 3 writes as an empty list. */
function isWhole(axis: unknown): boolean {
  return axis === null || (Array.isArray(axis) && axis.length === 0);
}

type Values =
  | { readonly values: Float32Array }
  | { readonly saved: SavedVariable; readonly transform: (values: Float32Array) => Float32Array };

interface Statistics {
  readonly size: number;
  readonly mean: Values;
  readonly variance: Values;
}

function withStatistics(layer: KerasLayer, steps: Steps, { size, mean, variance }: Statistics): Tensor {
  if (layer.config.invert === true) {
    // x * deviation + mean
    const deviation = map(variance, value => Math.max(Math.sqrt(value), smallestDeviation));
    const weights = [weight('gamma', size, deviation), weight('beta', size, mean)];
    return fixedNormalization(steps, steps.input, weights);
  }
  const floored = map(variance, value => Math.max(value, smallestDeviation ** 2));
  const weights = [weight('moving_mean', size, mean), weight('moving_variance', size, floored)];
  return fixedNormalization(steps, steps.input, weights);
}

function map(values: Values, change: (value: number) => number): Values {
  if ('values' in values) return { values: values.values.map(change) };
  return { ...values, transform: saved => values.transform(saved).map(change) };
}

function weight(name: string, size: number, from: Values): StepWeight {
  return { name, shape: [size], from };
}

/** `Rescaling` with a number, or with one per channel. */
export function rescaling(layer: KerasLayer, steps: Steps): Tensor {
  const scale = numbersAt(layer, 'scale');
  const offset = layer.config.offset === undefined ? [0] : numbersAt(layer, 'offset');
  if (scale.length === 1 && offset.length === 1) {
    return steps.add('Rescaling', { scale: scale[0], offset: offset[0] }, steps.input);
  }
  const channels = steps.input.shape.at(-1) ?? 0;
  const fits = [scale, offset].every(({ length }) => length === 1 || length === channels);
  if (!fits) throw unsupportedSetting(layer, `${scale.length} scales for ${channels} channels`);
  return perChannel(steps, steps.input, { scale, offset });
}

/** `x * scale + offset`, each one number or one per channel. */
export function perChannel(
  steps: Steps,
  input: Tensor,
  { scale, offset }: { readonly scale: readonly number[]; readonly offset: readonly number[] },
): Tensor {
  const channels = input.shape.at(-1) ?? 0;
  const each = (values: readonly number[]) => ({
    values: Float32Array.from({ length: channels }, (_, i) => values[i % values.length] ?? 0),
  });
  const weights = [weight('gamma', channels, each(scale)), weight('beta', channels, each(offset))];
  return fixedNormalization(steps, input, weights);
}

/** ConvNeXt's `LayerScale`: a factor per channel, which a batch normalisation without statistics has as its gamma. */
export function layerScale(layer: KerasLayer, steps: Steps): Tensor {
  const size = numberAt(layer, 'projection_dim');
  const gamma = steps.expect({ name: 'gamma', shape: [size], trainable: true });
  const config = { ...common(layer), axis: -1, epsilon: 0, center: false, scale: true };
  return steps.add('BatchNormalization', config, steps.input, [
    weight('gamma', size, { saved: gamma, transform: values => values }),
    ...neutralStatistics(size),
  ]);
}

/** `GroupNormalization`: each group of channels becomes a row that is normalised as a whole. */
export function groupNormalization(layer: KerasLayer, steps: Steps): Tensor {
  const { shape } = steps.input;
  const channels = shape.at(-1) ?? Number.NaN;
  const groups = numberAt(layer, 'groups', 32) === -1 ? channels : numberAt(layer, 'groups', 32);
  const places = shape.slice(0, -1).reduce((count: number, size) => count * (size ?? Number.NaN), 1);
  const axis = numberAt(layer, 'axis', -1);
  if (Number.isNaN(places * channels) || (axis !== -1 && axis !== shape.length)) {
    throw unsupportedSetting(layer, 'an input of open size, or another axis than the last');
  }
  if (channels % groups !== 0) throw unsupportedSetting(layer, `${groups} groups for ${channels} channels`);
  const epsilon = numberAt(layer, 'epsilon', 0.001);
  const width = channels / groups;
  const grouped = steps.add('Reshape', { target_shape: [places, groups, width] }, steps.input);
  const turned = steps.add('Permute', { dims: [2, 1, 3] }, grouped); // [groups, places, width]
  const rows = steps.add('Reshape', { target_shape: [groups, places * width] }, turned);
  const config = { trainable: false, axis: -1, epsilon, center: false, scale: false };
  const even = steps.add('LayerNormalization', config, rows);
  const back = steps.add(
    'Permute',
    { dims: [2, 1, 3] },
    steps.add('Reshape', { target_shape: [groups, places, width] }, even),
  );
  return withGammaAndBeta(layer, steps, steps.add('Reshape', { target_shape: shape }, back));
}

function withGammaAndBeta(layer: KerasLayer, steps: Steps, input: Tensor): Tensor {
  const size = input.shape.at(-1) ?? 0;
  const [center, scale] = [layer.config.center !== false, layer.config.scale !== false];
  if (!center && !scale) return input;
  const variable = (name: string): StepWeight => {
    const saved = steps.expect({ name, shape: [size], trainable: true });
    return weight(name, size, { saved, transform: values => values });
  };
  const weights = [...(scale ? [variable('gamma')] : []), ...(center ? [variable('beta')] : [])];
  const config = { ...common(layer), axis: -1, epsilon: 0, center, scale };
  return steps.add('BatchNormalization', config, input, [...weights, ...neutralStatistics(size)]);
}

function neutralStatistics(size: number): readonly StepWeight[] {
  return [
    weight('moving_mean', size, { values: new Float32Array(size) }),
    weight('moving_variance', size, { values: new Float32Array(size).fill(1) }),
  ];
}

/** A frozen batch normalisation by factors and offsets, or by statistics. */
function fixedNormalization(steps: Steps, input: Tensor, weights: readonly StepWeight[]): Tensor {
  const isAffine = weights.some(({ name }) => name === 'gamma');
  const neutral = isAffine ? neutralStatistics(input.shape.at(-1) ?? 0) : [];
  const config = { trainable: false, axis: -1, epsilon: 0, center: isAffine, scale: isAffine };
  return steps.add('BatchNormalization', config, input, [...weights, ...neutral]);
}
