// Calculations with two operands: `x * 0.5`, `a + b`, `maximum(x, 0)`. tfjs has layers for two tensors; with a constant
// they become other layers, or are refused.

import { tensorPlace } from '../../layer-config/calls.js';
import type { KerasLayer, Steps, Tensor } from '../../layer-config/steps.js';
import { scaled } from './activation.js';
import { type Constant, constantOf } from './arguments.js';
import { perChannel } from './normalization.js';
import { unsupportedSetting } from './settings.js';

type Operand = Tensor | Constant;

/** A calculation with two operands; undefined where tfjs has no layer for these. */
export type Calculation = (one: Operand, other: Operand, steps: Steps) => Tensor | undefined;

/** By Keras' names, without underscores; at least one operand is a tensor. */
export const calculations: ReadonlyMap<string, Calculation> = new Map<string, Calculation>([
  ['add', affine('Add', value => [1, value])],
  ['biasadd', affine('Add', value => [1, value])],
  ['multiply', affine('Multiply', value => [value, 0])],
  ['subtract', difference],
  ['truedivide', quotient],
  ['maximum', larger],
  ['minimum', (one, other, steps) => smaller(one, other, steps)],
  ['power', power],
]);

/**
 * Calculates with the operands of a layer's call.
 * @throws FinetuneError `unsupported-layer` where tfjs has no layer for them
 */
export function calculateFrom(layer: KerasLayer, steps: Steps, calculate: Calculation): Tensor {
  const [one, other] = operands(layer, steps);
  const result = one === undefined || other === undefined ? undefined : calculate(one, other, steps);
  if (result !== undefined) return result;
  throw unsupportedSetting(
    layer,
    'operands for which tfjs has no layer (expected tensors, numbers, or one number per channel)',
  );
}

/** Tensors and constants in the order of the arguments. */
function operands({ call }: KerasLayer, steps: Steps): readonly Operand[] {
  let tensors = 0;
  const { name: _name, data_format: _format, ...kwargs } = call?.kwargs ?? {};
  return [...(call?.args ?? []), ...Object.values(kwargs)].flatMap((value): Operand[] => {
    if (value === tensorPlace) {
      tensors += 1;
      return steps.inputs.slice(tensors - 1, tensors);
    }
    const constant = constantOf(value);
    return constant === undefined ? [] : [constant];
  });
}

function isTensor(operand: Operand): operand is Tensor {
  return 'index' in operand;
}

/** A sum or product: with a constant it is `scale * x + offset`, in all channels alike or in each its own. */
function affine(className: string, coefficients: Coefficients): Calculation {
  return (one, other, steps) => {
    const [tensor, value] = isTensor(one) ? [one, other] : [other, one];
    if (!isTensor(tensor)) return undefined;
    if (isTensor(value)) return steps.add(className, {}, [tensor, value]);
    return withConstant(tensor, { ...value, coefficients }, steps);
  };
}

type Coefficients = (value: number) => readonly [scale: number, offset: number];

/** A constant, and what becomes of each of its numbers. */
interface Factors extends Constant {
  readonly coefficients: Coefficients;
}

/** The numbers of a constant belong to channels only where they lie along its last axis. */
function withConstant(
  input: Tensor,
  { values, shape, coefficients }: Factors,
  steps: Steps,
): Tensor | undefined {
  const all = values.map(coefficients);
  const [first, ...more] = all;
  if (first !== undefined && more.length === 0) return scaled(input, first[0], first[1], steps);
  if (shape.at(-1) !== all.length || input.shape.at(-1) !== all.length) return undefined;
  return perChannel(steps, input, { scale: all.map(([each]) => each), offset: all.map(([, each]) => each) });
}

function difference(one: Operand, other: Operand, steps: Steps): Tensor | undefined {
  if (!isTensor(one)) {
    if (!isTensor(other)) return undefined;
    return withConstant(other, { ...one, coefficients: value => [-1, value] }, steps);
  }
  if (!isTensor(other)) return withConstant(one, { ...other, coefficients: value => [1, -value] }, steps);
  return steps.add('Add', {}, [one, scaled(other, -1, 0, steps)]);
}

/** By constants only: tfjs has no layer that divides. */
function quotient(one: Operand, other: Operand, steps: Steps): Tensor | undefined {
  if (!isTensor(one) || isTensor(other) || other.values.includes(0)) return undefined;
  return withConstant(one, { ...other, coefficients: value => [1 / value, 0] }, steps);
}

/** `max(x, c) = relu(x - c) + c` */
function larger(one: Operand, other: Operand, steps: Steps): Tensor | undefined {
  const [tensor, value] = isTensor(one) ? [one, other] : [other, one];
  if (!isTensor(tensor)) return undefined;
  if (isTensor(value)) return steps.add('Maximum', {}, [tensor, value]);
  const [limit = 0, ...more] = value.values;
  if (more.length > 0) return undefined;
  if (limit === 0) return steps.add('ReLU', {}, tensor);
  return scaled(steps.add('ReLU', {}, scaled(tensor, 1, -limit, steps)), 1, limit, steps);
}

/** `min(x, c) = -max(-x, -c)` */
function smaller(one: Operand, other: Operand, steps: Steps): Tensor | undefined {
  const [tensor, value] = isTensor(one) ? [one, other] : [other, one];
  if (!isTensor(tensor)) return undefined;
  if (isTensor(value)) return steps.add('Minimum', {}, [tensor, value]);
  const negative: Constant = { values: value.values.map(each => -each), shape: value.shape };
  const result = larger(scaled(tensor, -1, 0, steps), negative, steps);
  return result && scaled(result, -1, 0, steps);
}

/** Whole exponents from 1 to 16, by multiplying. */
function power(base: Operand, exponent: Operand, steps: Steps): Tensor | undefined {
  if (!isTensor(base) || isTensor(exponent)) return undefined;
  const [times = 0, ...more] = exponent.values;
  if (more.length > 0 || !Number.isInteger(times) || times < 1 || times > 16) return undefined;
  let result = base;
  for (let i = 1; i < times; i++) result = steps.add('Multiply', {}, [result, base]);
  return result;
}
