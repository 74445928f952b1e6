// A layer's output shape, checked.

import { FinetuneError } from '../errors.js';
import type { JsonObject } from '../system/json.js';
import { type Shape, shapeRules } from './shape-rules.js';

/**
 * Output shape of a tfjs layer.
 * @param place the layer's name and where it stands, for messages
 * @throws FinetuneError `unsupported-layer` for an unknown class, or channels that come first; `bad-model` where config and inputs do not fit
 */
export function layerShape(
  className: string,
  config: JsonObject,
  inputs: readonly Shape[],
  place: string,
): Shape {
  const rule = shapeRules.get(className);
  if (rule === undefined) throw unsupportedLayer(className, place, shapeRules.keys());
  if (config.data_format === 'channels_first' || config.data_format === 'channelsFirst') {
    throw new FinetuneError(
      'unsupported-layer',
      `The layer ${place} (${className}) has data_format channels_first, which is not supported. Expected channels_last: build the model again with its channels last.`,
    );
  }
  const shape = rule(config, inputs);
  if (shape.every(size => size === null || (Number.isSafeInteger(size) && size > 0))) return shape;
  throw new FinetuneError(
    'bad-model',
    `The layer ${place} (${className}) has no output for an input of ${inputs.map(showShape).join(', ') || 'no shape'} ` +
      `with ${showSizes(config)}. They do not fit: the file is damaged, or the input shape is too small.`,
  );
}

const sizeSettings =
  /^(kernel_size|pool_size|strides|padding|dilation_rate|filters|units|target_shape|dims|axis|axes|cropping|size|height|width|n|batch_input_shape)$/;

/** What a config says of sizes, for messages. */
function showSizes(config: JsonObject): string {
  const sizes = Object.entries(config).filter(([key]) => sizeSettings.test(key));
  return (
    sizes
      .map(([key, value]) => `${key} = ${JSON.stringify(value)}`)
      .join(', ')
      .slice(0, 300) || 'its config'
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
