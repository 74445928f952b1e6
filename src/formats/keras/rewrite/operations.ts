// Operations between layers: `x * 0.5`, `a + b`, `ops.relu(x)`, `x[..., ::-1]`. Keras 3 writes operations, Keras 2
// `TFOpLambda` layers. Each becomes layers that tfjs has, or is refused.

import { tensorPlace } from '../../layer-config/calls.js';
import type { KerasLayer, Steps, Tensor } from '../../layer-config/steps.js';
import { activation, activationNamed, scaled } from './activation.js';
import {
  type Argument,
  argumentOf,
  axesOf,
  type Constant,
  constantOf,
  flagOf,
  numberOf,
} from './arguments.js';
import { perChannel } from './normalization.js';
import { reduce } from './reductions.js';
import { resizeOperation } from './resize.js';
import { getItem } from './selection.js';
import { unsupportedSetting } from './settings.js';
import {
  expandDims,
  matrixProduct,
  normalize,
  pad,
  reshapeTo,
  squeeze,
  transpose,
} from './tensor-shaping.js';

type Row = (layer: KerasLayer, steps: Steps) => Tensor;
type Operand = Tensor | Constant;
type Calculation = (one: Operand, other: Operand, steps: Steps) => Tensor | undefined;

/** Of two operands, at least one of them a tensor. */
const calculations = new Map<string, Calculation>([
  ['add', affine('Add', value => [1, value])],
  ['biasadd', affine('Add', value => [1, value])],
  ['multiply', affine('Multiply', value => [value, 0])],
  ['subtract', difference],
  ['truedivide', quotient],
  ['maximum', larger],
  ['minimum', (one, other, steps) => smaller(one, other, steps)],
  ['power', power],
]);

/** Of one tensor, or of a list of them. */
const rows = new Map<string, Row>([
  ['getitem', getItem],
  ['concatenate', concatenate],
  ['mean', reduction('mean')],
  ['max', reduction('max')],
  ['min', reduction('min')],
  ['sum', reduction('sum')],
  ['clip', clip],
  ['absolute', (_layer, steps) => steps.add('Maximum', {}, [steps.input, scaled(steps.input, -1, 0, steps)])],
  ['negative', (_layer, steps) => scaled(steps.input, -1, 0, steps)],
  ['square', (_layer, steps) => steps.add('Multiply', {}, [steps.input, steps.input])],
  ['cast', cast],
  ['reshape', reshapeTo],
  ['transpose', transpose],
  ['expanddims', expandDims],
  ['squeeze', squeeze],
  ['pad', pad],
  ['matmul', matrixProduct],
  ['normalize', normalize],
  ['resize', resizeOperation],
  ...['identity', 'stopgradient', 'copy', 'converttotensor'].map((name): [string, Row] => [
    name,
    (_layer, steps) => steps.input,
  ]),
]);

/** TensorFlow's names, and Keras' other ones. */
const aliases = new Map(
  Object.entries({
    mul: 'multiply',
    sub: 'subtract',
    addv2: 'add',
    divide: 'truedivide',
    truediv: 'truedivide',
    realdiv: 'truedivide',
    pow: 'power',
    abs: 'absolute',
    fabs: 'absolute',
    neg: 'negative',
    concat: 'concatenate',
    reducemean: 'mean',
    reducemax: 'max',
    reducemin: 'min',
    reducesum: 'sum',
    amax: 'max',
    amin: 'min',
    clipbyvalue: 'clip',
    l2normalize: 'normalize',
    unitnormalization: 'normalize',
  }),
);

/** What tfjs' layers models have no layer for, and nothing that it could be made of. */
const impossible =
  /^(sqrt|rsqrt|reciprocal|log|log1p|exp|expm1|sin|cos|tan|floor|ceil|round|sign|mod|argmax|argmin|where|sort|topk)$/;

/**
 * One operation.
 * @throws FinetuneError `unsupported-layer` naming it, and why
 */
export function operation(layer: KerasLayer, steps: Steps): Tensor {
  const written = writtenName(layer);
  const plain = written.replaceAll('_', '');
  const name = aliases.get(plain) ?? plain;
  const row = rows.get(name);
  if (row !== undefined) return row(layer, steps);
  const calculate = calculations.get(name);
  if (calculate !== undefined) return calculateFrom(layer, steps, calculate);
  if (impossible.test(name)) {
    throw unsupportedSetting(layer, `the operation ${written}, for which tfjs' layers models have no layer`);
  }
  return activation(
    { ...layer, config: { ...layer.config, activation: activationNamed(plain) ?? written } },
    steps,
  );
}

/** `Multiply` and `math.multiply` are both `multiply`. */
function writtenName({ className, config }: KerasLayer): string {
  const name = /OpLambda$/.test(className) ? String(config.function ?? 'getitem') : className;
  return (name.split('.').at(-1) ?? name).toLowerCase();
}

function calculateFrom(layer: KerasLayer, steps: Steps, calculate: Calculation): Tensor {
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
function affine(
  className: string,
  coefficients: (value: number) => readonly [scale: number, offset: number],
): Calculation {
  return (one, other, steps) => {
    const [tensor, value] = isTensor(one) ? [one, other] : [other, one];
    if (!isTensor(tensor)) return undefined;
    if (isTensor(value)) return steps.add(className, {}, [tensor, value]);
    return withCoefficients(tensor, value.values.map(coefficients), steps);
  };
}

function withCoefficients(
  input: Tensor,
  coefficients: readonly (readonly [scale: number, offset: number])[],
  steps: Steps,
): Tensor | undefined {
  const [first, ...more] = coefficients;
  if (first !== undefined && more.length === 0) return scaled(input, first[0], first[1], steps);
  if (coefficients.length !== input.shape.at(-1)) return undefined;
  const [scale, offset] = [coefficients.map(([each]) => each), coefficients.map(([, each]) => each)];
  return perChannel(steps, input, { scale, offset });
}

function difference(one: Operand, other: Operand, steps: Steps): Tensor | undefined {
  if (!isTensor(one)) {
    return isTensor(other)
      ? withCoefficients(
          other,
          one.values.map(value => [-1, value] as const),
          steps,
        )
      : undefined;
  }
  if (!isTensor(other))
    return withCoefficients(
      one,
      other.values.map(value => [1, -value] as const),
      steps,
    );
  return steps.add('Add', {}, [one, scaled(other, -1, 0, steps)]);
}

/** By constants only: tfjs has no layer that divides. */
function quotient(one: Operand, other: Operand, steps: Steps): Tensor | undefined {
  if (!isTensor(one) || isTensor(other) || other.values.includes(0)) return undefined;
  return withCoefficients(
    one,
    other.values.map(value => [1 / value, 0] as const),
    steps,
  );
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

function concatenate(layer: KerasLayer, steps: Steps): Tensor {
  if (steps.inputs.length === 1) return steps.input;
  return steps.add('Concatenate', { axis: numberOf(layer, argument('axis', 1), -1) }, steps.inputs);
}

function reduction(kind: 'mean' | 'max' | 'min' | 'sum'): Row {
  return (layer, steps) => {
    const axes = axesOf(layer, steps.input, argumentOf(layer, argument('axis', 1)));
    return reduce(layer, steps, { kind, axes, keepsAxes: flagOf(layer, argument('keepdims', 2)) });
  };
}

function clip(layer: KerasLayer, steps: Steps): Tensor {
  const minimum = numberOf(layer, { names: ['x_min', 'clip_value_min', 'min_value'], position: 1 });
  const maximum = numberOf(layer, { names: ['x_max', 'clip_value_max', 'max_value'], position: 2 });
  const lifted = minimum === 0 ? steps.input : scaled(steps.input, 1, -minimum, steps);
  const capped = steps.add('ReLU', { max_value: maximum - minimum }, lifted);
  return minimum === 0 ? capped : scaled(capped, 1, minimum, steps);
}

/** Between kinds of floats nothing happens here; whole numbers would be cut off. */
function cast(layer: KerasLayer, steps: Steps): Tensor {
  const type = JSON.stringify(argumentOf(layer, argument('dtype', 1)) ?? 'float32');
  if (/float|half/.test(type)) return steps.input;
  throw unsupportedSetting(layer, `a cast to ${type}: tfjs' layers models compute in float32`);
}

function argument(name: string, position: number): Argument {
  return { names: [name], position };
}
