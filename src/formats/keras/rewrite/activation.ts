// Activations: as a layer, as a layer's setting, and those that tfjs lacks made out of those that it has.

import { isObject, type JsonObject } from '../../../system/json.js';
import type { KerasLayer, Steps, Tensor } from '../../layer-config/steps.js';
import { common, exchange, numberAt, numbersAt, unsupportedSetting } from './settings.js';

type ActivationSteps = (input: Tensor, steps: Steps, layer: KerasLayer) => Tensor;

/** Activations that tfjs has: Keras' name to its own. */
const known = new Map([
  ...['linear', 'relu', 'relu6', 'elu', 'selu', 'sigmoid', 'softplus', 'softsign', 'tanh', 'softmax'].map(
    own,
  ),
  ...['log_softmax', 'swish', 'mish', 'gelu'].map(own),
  ['silu', 'swish'],
  ['celu', 'elu'], // the same at its default alpha of 1
]);

/** Activations made of several layers. */
const composed = new Map<string, ActivationSteps>([
  ['hard_sigmoid', hardSigmoid],
  ['hard_silu', hardSilu],
  ['hard_swish', hardSilu],
  ['hard_tanh', hardTanh],
  ['leaky_relu', (input, steps) => steps.add('LeakyReLU', { alpha: 0.2 }, input)],
  ['log_sigmoid', logSigmoid],
  [
    'tanh_shrink',
    (input, steps) => steps.add('Add', {}, [input, scaled(named('tanh', input, steps), -1, 0, steps)]),
  ],
]);

function own(name: string): [string, string] {
  return [name, name];
}

/**
 * A layer's `activation` setting: what goes into the tfjs layer's own setting, and the steps to follow it.
 * @throws FinetuneError `unsupported-layer` naming the activation
 */
export function splitActivation(layer: KerasLayer): { fused: string; follow: ActivationSteps } {
  const name = activationName(layer);
  const same = known.get(name);
  if (same !== undefined) return { fused: same, follow: input => input };
  if (name === 'hard_sigmoid' && layer.kerasVersion < 3) return { fused: name, follow: input => input };
  const follow = composed.get(name);
  if (follow !== undefined) return { fused: 'linear', follow };
  const inner = layer.config.activation;
  if (isObject(inner) && isObject(inner.config) && layerActivations.has(name)) {
    const config: JsonObject = inner.config;
    const steps = layerActivations.get(name)!;
    return { fused: 'linear', follow: (input, target) => steps(input, target, { ...layer, config }) };
  }
  throw unsupportedSetting(
    layer,
    `the activation ${name} (supported: ${[...known.keys(), ...composed.keys()].sort().join(', ')})`,
  );
}

/** An activation by its name without underscores, as the class of an operation has it: `LogSoftmax`. */
export function activationNamed(plain: string): string | undefined {
  return [...known.keys(), ...composed.keys()].find(name => name.replaceAll('_', '') === plain);
}

function activationName(layer: KerasLayer): string {
  const value = layer.config.activation ?? 'linear';
  if (typeof value === 'string') return value;
  // Keras 3 writes a function as `{class_name: 'function', config: 'name'}`.
  if (isObject(value) && typeof value.config === 'string') return value.config;
  if (isObject(value) && typeof value.class_name === 'string') return value.class_name;
  throw unsupportedSetting(layer, `the activation ${JSON.stringify(value).slice(0, 80)}`);
}

/** The layer `Activation`. */
export function activation(layer: KerasLayer, steps: Steps): Tensor {
  const { fused, follow } = splitActivation(layer);
  if (fused === 'linear') return follow(steps.input, steps, layer);
  return steps.add('Activation', { ...common(layer), activation: fused }, steps.input);
}

/** Layers that are activations, also usable as the `activation` of another layer. */
const layerActivations = new Map<string, ActivationSteps>([
  ['ReLU', relu],
  ['LeakyReLU', leakyRelu],
  ['ELU', elu],
  ['Softmax', softmax],
]);

/** ReLU with a ceiling, a leak or a threshold. */
export function relu(input: Tensor, steps: Steps, layer: KerasLayer): Tensor {
  const slope = scalar(layer, 'negative_slope', 0);
  const threshold = scalar(layer, 'threshold', 0);
  const ceiling = layer.config.max_value ?? null;
  const maximum = ceiling === null ? null : scalar(layer, 'max_value', 0);
  const capped = (tensor: Tensor) =>
    steps.add('ReLU', maximum === null ? {} : { max_value: maximum }, tensor);
  if (threshold > 0 && slope === 0) {
    const passed = steps.add('ThresholdedReLU', { theta: threshold }, input);
    return maximum === null ? passed : capped(passed);
  }
  if (threshold !== 0) throw unsupportedSetting(layer, 'a threshold below 0, or one with a negative slope');
  if (slope === 0) return capped(input);
  if (maximum === null) return steps.add('LeakyReLU', { alpha: slope }, input);
  const negative = steps.add('ReLU', {}, scaled(input, -1, 0, steps));
  return steps.add('Add', {}, [capped(input), scaled(negative, -slope, 0, steps)]);
}

/** LeakyReLU, whose slope Keras 3 calls `negative_slope` and Keras 2 `alpha`; 0.3 where neither is told. */
export function leakyRelu(input: Tensor, steps: Steps, layer: KerasLayer): Tensor {
  const name = layer.config.negative_slope === undefined ? 'alpha' : 'negative_slope';
  return steps.add('LeakyReLU', { alpha: scalar(layer, name, 0.3) }, input);
}

/** tfjs has alpha = 1 only; `alpha * elu(x) + (1 - alpha) * relu(x)` is the general one. */
export function elu(input: Tensor, steps: Steps, layer: KerasLayer): Tensor {
  const alpha = scalar(layer, 'alpha', 1);
  if (alpha === 1) return steps.add('ELU', { alpha }, input);
  const negative = scaled(steps.add('ELU', { alpha: 1 }, input), alpha, 0, steps);
  const positive = scaled(steps.add('ReLU', {}, input), 1 - alpha, 0, steps);
  return steps.add('Add', {}, [negative, positive]);
}

/** `alpha * (exp(x / alpha) - 1)` below zero: an ELU of another scale. */
export function celu(input: Tensor, steps: Steps, alpha: number): Tensor {
  if (alpha === 1) return named('elu', input, steps);
  return scaled(named('elu', scaled(input, 1 / alpha, 0, steps), steps), alpha, 0, steps);
}

/** `x * sigmoid(2 sqrt(2 / pi) (x + 0.044715 x^3))`, which is nearly a GELU: tfjs has it, but loads no file that names it. */
export function approximateGelu(input: Tensor, steps: Steps): Tensor {
  const square = steps.add('Multiply', {}, [input, input]);
  const inner = steps.add('Multiply', {}, [input, scaled(square, 0.044715, 1, steps)]);
  const gate = named('sigmoid', scaled(inner, 2 * Math.sqrt(2 / Math.PI), 0, steps), steps);
  return steps.add('Multiply', {}, [input, gate]);
}

/** Along the axis that the layer names. */
export function softmax(input: Tensor, steps: Steps, layer: KerasLayer): Tensor {
  return alongAxis(layer, { input, steps }, turned => steps.add('Softmax', { axis: -1 }, turned));
}

/** The logarithm of the softmax, along the axis that the layer names. */
export function logSoftmax(input: Tensor, steps: Steps, layer: KerasLayer): Tensor {
  return alongAxis(layer, { input, steps }, turned => named('log_softmax', turned, steps));
}

/** tfjs takes a softmax along the last axis only. */
function alongAxis(
  layer: KerasLayer,
  { input, steps }: { readonly input: Tensor; readonly steps: Steps },
  compute: (turned: Tensor) => Tensor,
): Tensor {
  const rank = input.shape.length + 1;
  const axes = layer.config.axis === undefined ? [-1] : numbersAt(layer, 'axis');
  const axis = axes[0]! < 0 ? axes[0]! + rank : axes[0]!;
  if (axes.length !== 1 || axis < 1 || axis >= rank) {
    throw unsupportedSetting(layer, `axis=${JSON.stringify(layer.config.axis)}`);
  }
  if (axis === rank - 1) return compute(input);
  const dims = exchange(axis, rank - 1, rank);
  return steps.add('Permute', { dims }, compute(steps.add('Permute', { dims }, input)));
}

/** PReLU; its variable is the alpha. */
export function prelu(layer: KerasLayer, steps: Steps): Tensor {
  const axes = layer.config.shared_axes ?? null;
  const config = axes === null ? {} : { shared_axes: numbersAt(layer, 'shared_axes') };
  return steps.addWithVariables('PReLU', { ...common(layer), ...config }, steps.input);
}

/** Keras 3 changed it to `relu6(x + 3) / 6`; tfjs has the older `clip(0.2 x + 0.5, 0, 1)`. */
function hardSigmoid(input: Tensor, steps: Steps): Tensor {
  return named('hard_sigmoid', scaled(input, 5 / 6, 0, steps), steps);
}

function hardSilu(input: Tensor, steps: Steps): Tensor {
  return steps.add('Multiply', {}, [input, hardSigmoid(input, steps)]);
}

/** `clip(x, -1, 1)` */
function hardTanh(input: Tensor, steps: Steps): Tensor {
  return scaled(named('hard_sigmoid', scaled(input, 2.5, 0, steps), steps), 2, -1, steps);
}

/** `-softplus(-x)` */
function logSigmoid(input: Tensor, steps: Steps): Tensor {
  return scaled(named('softplus', scaled(input, -1, 0, steps), steps), -1, 0, steps);
}

function named(activation: string, input: Tensor, steps: Steps): Tensor {
  return steps.add('Activation', { activation }, input);
}

/** `scale * x + offset` */
export function scaled(input: Tensor, scale: number, offset: number, steps: Steps): Tensor {
  return steps.add('Rescaling', { scale, offset }, input);
}

/** Some versions of Keras write a number as an array of one. */
function scalar(layer: KerasLayer, name: string, fallback: number): number {
  const value = layer.config[name] ?? fallback;
  return typeof value === 'number' ? numberAt(layer, name, fallback) : numbersAt(layer, name)[0]!;
}
