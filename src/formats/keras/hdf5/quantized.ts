// Layers that Keras 3 saved after `model.quantize('int8')`: the kernel in whole numbers, and a scale per column.

import { FinetuneError } from '../../../errors.js';
import { elementCount, readWeight, type WeightSource } from '../../../network/source.js';
import { isObject } from '../../../system/json.js';
import { type LeafNode, placeOf } from '../../layer-config/tree.js';

/**
 * How a layer's weights are quantized, as its config says, e.g. `int8_from_float32`.
 * @returns undefined where they are not
 */
export function quantizationOf({ config: { dtype } }: LeafNode): string | undefined {
  if (!isObject(dtype) || !/quantized/i.test(String(dtype.class_name))) return undefined;
  return isObject(dtype.config) ? String(dtype.config.name ?? dtype.config.mode) : 'unknown';
}

/**
 * The weights of a quantized layer as it had them before: `kernel / kernel_scale`, what lies between as it is.
 * @param saved kernel, others, kernel_scale, as Keras saves them
 * @throws FinetuneError `unsupported-layer` for any quantization but int8 of a Dense
 */
export function dequantize(leaf: LeafNode, saved: readonly WeightSource[]): readonly WeightSource[] {
  const quantization = quantizationOf(leaf);
  if (quantization === undefined) return saved;
  const [kernel, ...others] = saved;
  const scale = others.at(-1);
  const [columns] = scale?.shape ?? [];
  const isPlain = scale?.shape.length === 1 && kernel?.shape.length === 2 && kernel.shape[1] === columns;
  if (!/^int8/.test(quantization) || leaf.className !== 'Dense' || !isPlain)
    throw refused(leaf, quantization);
  return [divided(kernel, scale), ...others.slice(0, -1)];
}

/** For a file in which the weights of a quantized layer cannot be told apart. */
export function refused(leaf: LeafNode, quantization: string): FinetuneError {
  return new FinetuneError(
    'unsupported-layer',
    `The weights of the layer ${placeOf(leaf)} (${leaf.className}) are quantized (${quantization}). ` +
      'Expected a model as it was before model.quantize(), or int8 Dense layers in a .keras file.',
  );
}

/** Columns of a matrix `[rows, columns]`, each divided by its scale. */
function divided(kernel: WeightSource, scale: WeightSource): WeightSource {
  const { name, shape } = kernel;
  return {
    name,
    shape,
    read() {
      const scales = readWeight(scale).data;
      const columns = elementCount(scale.shape);
      return [readWeight(kernel).data.map((value, i) => value / (scales[i % columns] ?? Number.NaN))];
    },
  };
}
