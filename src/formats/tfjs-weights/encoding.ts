// How one weight is stored in tfjs' shards: as it is, in half precision, or as `value = q * scale + min`.

import { checkedPieces, type WeightSource } from '../../network/source.js';
import { decodeFloat16, encodeFloat16, maximumFloat16 } from './float16.js';

/** How a weight lies in a shard where it is not stored as it is. */
export type StoredForm =
  | {
      readonly dtype: 'uint8' | 'uint16';
      readonly scale: number;
      readonly min: number;
    }
  | { readonly dtype: 'float16' };

/** How small weights are to be stored. */
export type QuantizedType = StoredForm['dtype'];

/** What weights may be: numbers with a point, or the integers of a graph model (shapes, axes, paddings). */
export type WeightType = 'float32' | 'int32';

/** Bytes per value. */
export const bytesPerValue = { float32: 4, int32: 4, float16: 2, uint16: 2, uint8: 1 } as const;

/**
 * Chooses how one weight is stored; it reads the weight once where its range matters.
 * Vectors (biases, batch-norm statistics) stay single precision: they weigh little, and small errors in them cost most.
 * @returns undefined for single precision
 */
export function planStoredForm(
  source: WeightSource,
  dtype: QuantizedType | undefined,
): StoredForm | undefined {
  if (dtype === undefined || source.shape.length < 2) return undefined;
  const { min, max } = rangeOf(source);
  if (dtype === 'float16') return Math.max(-min, max) > maximumFloat16 ? undefined : { dtype };
  return { dtype, ...affineScale(min, max, highestStep(dtype)) };
}

function rangeOf(source: WeightSource): { min: number; max: number } {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const piece of checkedPieces(source)) {
    for (const value of piece) {
      if (value < min) min = value;
      if (value > max) max = value;
    }
  }
  return { min, max };
}

function highestStep(dtype: 'uint8' | 'uint16'): number {
  return dtype === 'uint8' ? 255 : 65535;
}

/** Like TensorFlow.js' converter, nudged so that 0 is met exactly. */
function affineScale(min: number, max: number, steps: number): { scale: number; min: number } {
  if (min === max) return { scale: 1, min };
  const scale = (max - min) / steps;
  if (min > 0 || max < 0) return { scale, min };
  return { scale, min: Math.round(min / scale) * scale };
}

/** The bytes of a piece as stored, little endian. */
export function encodePiece(piece: Float32Array, form: StoredForm | undefined): Uint8Array {
  const stored = form === undefined ? piece : quantizePiece(piece, form);
  return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
}

function quantizePiece(piece: Float32Array, form: StoredForm): Uint8Array | Uint16Array {
  if (form.dtype === 'float16') return encodeFloat16(piece);
  const { scale, min, dtype } = form;
  const highest = highestStep(dtype);
  const steps = piece.map(value => Math.min(Math.max(Math.round((value - min) / scale), 0), highest));
  return dtype === 'uint8' ? new Uint8Array(steps) : new Uint16Array(steps);
}

/**
 * The values of stored bytes.
 * @param bytes an array of its own (offset 0 in its buffer), which the result may share
 * @param form how they are stored; absent: as numbers of type `dtype`
 */
export function decodeBytes(
  { buffer }: Uint8Array<ArrayBuffer>,
  dtype: WeightType,
  form: StoredForm | undefined,
): Float32Array {
  if (form === undefined)
    return dtype === 'int32' ? new Float32Array(new Int32Array(buffer)) : new Float32Array(buffer);
  if (form.dtype === 'float16') return decodeFloat16(new Uint16Array(buffer));
  const { scale, min } = form;
  const steps = new Float32Array(form.dtype === 'uint8' ? new Uint8Array(buffer) : new Uint16Array(buffer));
  const values = steps.map(step => step * scale + min);
  return dtype === 'int32' ? values.map(Math.round) : values;
}
