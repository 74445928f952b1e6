// Layers that join several tensors.

import type { KerasLayer, Steps, Tensor } from '../topology/steps.js';
import { scaled } from './activation.js';
import { numberAt, unsupportedSetting } from './settings.js';

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
  if (steps.inputs.length === 1) return steps.input;
  return steps.add('Concatenate', { axis: numberAt(layer, 'axis', -1) }, steps.inputs);
}
