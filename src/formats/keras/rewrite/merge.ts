// Layers that join several tensors.

import type { KerasLayer, Steps, Tensor } from '../../layer-config/steps.js';
import { scaled } from './activation.js';
import { numberAt, numbersAt, unsupportedSetting } from './settings.js';

/** `Add`, `Multiply`, `Average`, `Maximum`, `Minimum` */
export function elementwise(layer: KerasLayer, steps: Steps): Tensor {
  return steps.inputs.length === 1 ? steps.input : steps.add(layer.className, {}, steps.inputs);
}

/** `Subtract`, which tfjs lacks: the second input is taken times -1. */
export function subtract(layer: KerasLayer, steps: Steps): Tensor {
  const [one, other, ...more] = steps.inputs;
  if (one === undefined || other === undefined || more.length > 0) {
    throw unsupportedSetting(layer, `${steps.inputs.length} inputs`);
  }
  return steps.add('Add', {}, [one, scaled(other, -1, 0, steps)]);
}

/** `Concatenate` */
export function concatenate(layer: KerasLayer, steps: Steps): Tensor {
  return joined(steps, numberAt(layer, 'axis', -1));
}

/** All inputs along an axis. tfjs takes no axis that is counted from the end but the last. */
export function joined(steps: Steps, axis: number): Tensor {
  const { inputs, input } = steps;
  if (inputs.length === 1) return input;
  const counted = axis < -1 ? axis + input.shape.length + 1 : axis;
  return steps.add('Concatenate', { axis: counted }, inputs);
}

/** `Dot`: sums of products along one axis of each input, of vectors or of matrices, which is all that tfjs takes. */
export function dot(layer: KerasLayer, steps: Steps): Tensor {
  const ranks = steps.inputs.map(({ shape }) => shape.length + 1);
  if (ranks.length !== 2 || ranks[0] !== ranks[1] || ranks[0]! > 3) {
    throw unsupportedSetting(layer, `inputs of ${ranks.join(' and ')} axes (supported: two of 2 or of 3)`);
  }
  const [first, second = first] = numbersAt(layer, 'axes').map(axis => (axis < 0 ? axis + ranks[0]! : axis));
  return steps.add(
    'Dot',
    { axes: [first!, second!], normalize: layer.config.normalize === true },
    steps.inputs,
  );
}
