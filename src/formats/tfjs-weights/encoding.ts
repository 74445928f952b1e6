// tfjs' own scheme for small weights: `value = q * scale + min` for uint8 and uint16, or half precision.

import { checkedPieces, type WeightSource } from '../../network/source.js';
import { decodeFloat16, encodeFloat16, maximumFloat16 } from './float16.js';

/** How a weight lies on disk in a tfjs weights manifest: `value = q * scale + min`, or half precision. */
export type Quantization =
  | {
      readonly dtype: 'uint8' | 'uint16';
      readonly scale: number;
      readonly min: number;
    }
  | { readonly dtype: 'float16' };

/** How small weights are to be stored. */
export type QuantizedType = Quantization['dtype'];

/** Bytes per value. */
export const storedBytes = { float32: 4, float16: 2, uint16: 2, uint8: 1 } as const;

/**
 * Chooses how one weight is stored; it reads the weight once where its range matters.
 * Vectors (biases, batch-norm statistics) stay single precision: they weigh little, and small errors in them cost most.
 * @returns undefined for single precision
 */
export function planQuantization(
  source: WeightSource,
  dtype: QuantizedType | undefined,
): Quantization | undefined {
  if (dtype === undefined || source.shape.length < 2) return undefined;
  const { min, max } = rangeOf(source);
  if (dtype === 'float16') return Math.max(-min, max) > maximumFloat16 ? undefined : { dtype };
  return { dtype, ...affineScale(min, max, dtype === 'uint8' ? 255 : 65535) };
}

function rangeOf(source: WeightSource): { min: number; max: number } {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const piece of checkedPieces(source)) {
    for (let i = 0; i < piece.length; i++) {
      const value = piece[i]!;
      if (value < min) min = value;
      if (value > max) max = value;
    }
  }
  return { min, max };
}

/** Like TensorFlow.js' converter, nudged so that 0 is met exactly. */
function affineScale(min: number, max: number, steps: number): { scale: number; min: number } {
  if (min === max) return { scale: 1, min };
  const scale = (max - min) / steps;
  if (min > 0 || max < 0) return { scale, min };
  return { scale, min: Math.round(min / scale) * scale };
}

/** The bytes of a piece as stored, little endian. */
export function encodePiece(piece: Float32Array, quantization: Quantization | undefined): Uint8Array {
  const stored = quantization === undefined ? piece : quantized(piece, quantization);
  return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
}

function quantized(piece: Float32Array, quantization: Quantization): Uint8Array | Uint16Array {
  if (quantization.dtype === 'float16') return encodeFloat16(piece);
  const { scale, min, dtype } = quantization;
  const top = dtype === 'uint8' ? 255 : 65535;
  const steps = dtype === 'uint8' ? new Uint8Array(piece.length) : new Uint16Array(piece.length);
  for (let i = 0; i < piece.length; i++) {
    steps[i] = Math.min(Math.max(Math.round((piece[i]! - min) / scale), 0), top);
  }
  return steps;
}

/**
 * The values of stored bytes.
 * @param bytes an array of its own (offset 0 in its buffer), which the result may share
 */
export function decodeBytes(
  { buffer }: Uint8Array<ArrayBuffer>,
  quantization: Quantization | undefined,
): Float32Array {
  if (quantization === undefined) return new Float32Array(buffer);
  if (quantization.dtype === 'float16') return decodeFloat16(new Uint16Array(buffer));
  const { scale, min, dtype } = quantization;
  const steps = dtype === 'uint8' ? new Uint8Array(buffer) : new Uint16Array(buffer);
  const values = new Float32Array(steps.length);
  for (let i = 0; i < steps.length; i++) values[i] = steps[i]! * scale + min;
  return values;
}
