// Arithmetic between layers: `x * 0.5`, `a + b`, `ops.relu(x)`. Keras 3 writes operations, Keras 2 `TFOpLambda` layers.

import { tensorPlace } from '../../layer-config/calls.js';
import type { KerasLayer, Steps, Tensor } from '../../layer-config/steps.js';
import { activation, scaled } from './activation.js';
import { unsupportedSetting } from './settings.js';

type Operand = Tensor | number;

/** Operations by Keras 3's class, and by the last word of TensorFlow's function. */
const arithmetic = new Map<string, (one: Operand, other: Operand, steps: Steps) => Tensor | undefined>([
  ['add', (one, other, steps) => affine(one, other, steps, 'Add', value => [1, value])],
  ['multiply', (one, other, steps) => affine(one, other, steps, 'Multiply', value => [value, 0])],
  ['subtract', difference],
  [
    'truedivide',
    (one, other, steps) =>
      typeof other === 'number' && other !== 0 && typeof one !== 'number'
        ? scaled(one, 1 / other, 0, steps)
        : undefined,
  ],
  ['maximum', (one, other, steps) => joined(one, other, steps, 'Maximum')],
  ['minimum', (one, other, steps) => joined(one, other, steps, 'Minimum')],
]);

const aliases = new Map([
  ['mul', 'multiply'],
  ['sub', 'subtract'],
  ['addv2', 'add'],
  ['divide', 'truedivide'],
  ['truediv', 'truedivide'],
]);

/**
 * One operation.
 * @throws FinetuneError `unsupported-layer` naming it
 */
export function operation(layer: KerasLayer, steps: Steps): Tensor {
  const name = operationName(layer);
  const calculate = arithmetic.get(aliases.get(name) ?? name);
  if (calculate === undefined) return activation({ ...layer, config: { activation: name } }, steps);
  const [one, other] = operands(layer, steps);
  const result = one === undefined || other === undefined ? undefined : calculate(one, other, steps);
  if (result === undefined) throw unsupportedSetting(layer, 'operands other than tensors and numbers');
  return result;
}

/** `Multiply` and `math.multiply` are both `multiply`. */
function operationName({ className, config }: KerasLayer): string {
  const name = className === 'TFOpLambda' ? String(config.function) : className;
  return name.split('.').at(-1)!.toLowerCase();
}

/** Tensors and numbers in the order of the arguments. */
function operands({ call }: KerasLayer, steps: Steps): readonly Operand[] {
  let tensors = 0;
  const { name: _name, ...kwargs } = call?.kwargs ?? {};
  return [...(call?.args ?? []), ...Object.values(kwargs)].flatMap((value): Operand[] => {
    if (value === tensorPlace) {
      tensors += 1;
      return [steps.inputs[tensors - 1]!];
    }
    return typeof value === 'number' ? [value] : [];
  });
}

function affine(
  one: Operand,
  other: Operand,
  steps: Steps,
  className: string,
  coefficients: (value: number) => [scale: number, offset: number],
): Tensor | undefined {
  const [tensor, value] = typeof one === 'number' ? [other, one] : [one, other];
  if (typeof tensor === 'number') return undefined;
  if (typeof value !== 'number') return steps.add(className, {}, [tensor, value]);
  return scaled(tensor, ...coefficients(value), steps);
}

function difference(one: Operand, other: Operand, steps: Steps): Tensor | undefined {
  if (typeof other === 'number') return typeof one === 'number' ? undefined : scaled(one, 1, -other, steps);
  if (typeof one === 'number') return scaled(other, -1, one, steps);
  return steps.add('Add', {}, [one, scaled(other, -1, 0, steps)]);
}

function joined(one: Operand, other: Operand, steps: Steps, className: string): Tensor | undefined {
  return typeof one === 'number' || typeof other === 'number'
    ? undefined
    : steps.add(className, {}, [one, other]);
}
