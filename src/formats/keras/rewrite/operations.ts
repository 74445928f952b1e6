// Operations between layers: `x * 0.5`, `a + b`, `ops.relu(x)`, `x[..., ::-1]`. Keras 3 writes operations, Keras 2
// `TFOpLambda` layers. Each becomes layers that tfjs has, or is refused.

import type { KerasLayer, Steps, Tensor } from '../../layer-config/steps.js';
import {
  activation,
  activationNamed,
  approximateGelu,
  celu,
  elu,
  leakyRelu,
  logSoftmax,
  scaled,
  softmax,
} from './activation.js';
import { type Argument, argumentOf, axesOf, flagOf, numberOf } from './arguments.js';
import { calculateFrom, calculations } from './calculations.js';
import { joined } from './merge.js';
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

/** Operations on one tensor, or on a list of them. */
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
  ['leakyrelu', withSetting(leakyRelu, { names: ['negative_slope', 'alpha'], position: 1 }, 0.2)],
  ['elu', withSetting(elu, argument('alpha', 1), 1)],
  ['softmax', withSetting(softmax, argument('axis', 1), -1)],
  ['logsoftmax', withSetting(logSoftmax, argument('axis', 1), -1)],
  ['celu', (layer, steps) => celu(steps.input, steps, numberOf(layer, argument('alpha', 1), 1))],
  ['gelu', gelu],
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
  const plainActivation = activationNamed(plain);
  if (plainActivation !== undefined)
    return activation({ ...layer, config: { ...layer.config, activation: plainActivation } }, steps);
  const reason = impossible.test(name) ? ", for which tfjs' layers models have no layer" : '';
  throw unsupportedSetting(layer, `the operation ${written}${reason}`);
}

function gelu(layer: KerasLayer, steps: Steps): Tensor {
  if (flagOf(layer, argument('approximate', 1))) return approximateGelu(steps.input, steps);
  return steps.add('Activation', { activation: 'gelu' }, steps.input);
}

/** An activation whose setting, which its layer has under the first of the names, comes as an argument. */
function withSetting(
  compute: (input: Tensor, steps: Steps, layer: KerasLayer) => Tensor,
  setting: Argument,
  fallback: number,
): Row {
  const [name = ''] = setting.names;
  return (layer, steps) =>
    compute(steps.input, steps, { ...layer, config: { [name]: numberOf(layer, setting, fallback) } });
}

/** `Multiply` and `math.multiply` are both `multiply`. */
function writtenName({ className, config }: KerasLayer): string {
  const name = /OpLambda$/.test(className) ? String(config.function ?? 'getitem') : className;
  return (name.split('.').at(-1) ?? name).toLowerCase();
}

function concatenate(layer: KerasLayer, steps: Steps): Tensor {
  return joined(steps, numberOf(layer, argument('axis', 1), -1));
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
