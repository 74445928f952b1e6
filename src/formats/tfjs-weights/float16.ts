// Half precision and bfloat16 to and from single precision, bit by bit (Node 20 has no Float16Array).

/** Largest finite half-precision number. */
export const maximumFloat16 = 65504;

/** Rounds to the nearest half-precision number, ties to even; beyond the range it gives infinity. */
export function encodeFloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return new Uint16Array(bits.map(encodeBits));
}

/** Single precision from half precision; exact. */
export function decodeFloat16(halves: Uint16Array): Float32Array {
  return new Float32Array(new Uint32Array(halves).map(decodeBits).buffer);
}

/** Single precision from bfloat16, which is its upper half; exact. */
export function decodeBfloat16(halves: Uint16Array): Float32Array {
  return new Float32Array(new Uint32Array(halves).map(half => half << 16).buffer);
}

function encodeBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 112; // as half precision counts: 1 to 30 are normal numbers
  const mantissa = bits & 0x7fffff;
  if (exponent === 143) return sign | 0x7c00 | (mantissa === 0 ? 0 : 0x200);
  if (exponent > 30) return sign | 0x7c00;
  if (exponent < -10) return sign;
  const isNormal = exponent > 0;
  const significand = mantissa | (isNormal ? exponent << 23 : 0x800000);
  const dropped = isNormal ? 13 : 14 - exponent;
  const half = 1 << (dropped - 1);
  const rest = significand & ((1 << dropped) - 1);
  const kept = significand >>> dropped;
  // A carry out of the mantissa lands in the exponent, which is what rounding up means there.
  const up = rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0;
  return sign | (kept + up);
}

function decodeBits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 31) return sign | 0x7f800000 | (mantissa << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (mantissa << 13);
  if (mantissa === 0) return sign;
  // A subnormal half is a normal single: its leading 1 becomes the hidden bit.
  const shift = Math.clz32(mantissa) - 21;
  return sign | ((113 - shift) << 23) | ((mantissa << (13 + shift)) & 0x7fffff);
}
