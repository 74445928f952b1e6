// A layer's output shape, checked.

import { FinetuneError } from '../errors.js';
import type { JsonObject } from '../system/json.js';
import { type Shape, shapeRules } from './shape-rules.js';

/**
 * Output shape of a tfjs layer.
 * @param place the layer's name and where it stands, for messages
 * @throws FinetuneError `unsupported-layer` for an unknown class; `bad-model` where config and inputs do not fit
 */
export function layerShape(
  className: string,
  config: JsonObject,
  inputs: readonly Shape[],
  place: string,
): Shape {
  const rule = shapeRules.get(className);
  if (rule === undefined) throw unsupportedLayer(className, place, shapeRules.keys());
  const shape = rule(config, inputs);
  if (shape.every(size => size === null || (Number.isSafeInteger(size) && size > 0))) return shape;
  throw new FinetuneError(
    'bad-model',
    `The layer ${place} (${className}) has no output for an input of ${inputs.map(showShape).join(', ') || 'no shape'}. Its config does not fit its inputs: the file is damaged, or the input shape is too small.`,
  );
}

/** The error for a class that is not in a table. */
export function unsupportedLayer(className: string, place: string, known: Iterable<string>): FinetuneError {
  return new FinetuneError(
    'unsupported-layer',
    `The layer ${place} is a ${className}, which is not supported. Rebuild the model without it, or train on a part of it that ends before. Supported: ${[...known].sort().join(', ')}.`,
  );
}

/** `(None, 7, 7, 512)`, as Keras writes it: with the batch dimension, `None` for open. */
export function showShape(shape: Shape): string {
  return `(${['None', ...shape.map(size => size ?? 'None')].join(', ')}${shape.length === 0 ? ',' : ''})`;
}
