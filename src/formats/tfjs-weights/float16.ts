// Half precision to and from single precision, by tables (Node 20 has no Float16Array).

/** Largest finite half-precision number. */
export const maximumFloat16 = 65504;

const decoded = decodingTable();
const { base, shift } = encodingTables();

/** Rounds to the nearest half-precision number, ties to even; beyond the range it gives infinity. */
export function encodeFloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(bits.length);
  for (let i = 0; i < bits.length; i++) halves[i] = encodeBits(bits[i]!);
  return halves;
}

/** Exact. */
export function decodeFloat16(halves: Uint16Array): Float32Array {
  const values = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) values[i] = decoded[halves[i]!]!;
  return values;
}

function encodeBits(bits: number): number {
  const exponent = (bits >>> 23) & 0xff;
  const index = bits >>> 23; // sign and exponent
  const mantissa = (bits & 0x7fffff) | (exponent === 0 ? 0 : 0x800000);
  if (exponent === 0xff) return base[index]! | ((bits & 0x7fffff) === 0 ? 0 : 0x200);
  const dropped = shift[index]!;
  if (dropped > 24) return base[index]!;
  const half = 1 << (dropped - 1);
  const rest = mantissa & ((1 << dropped) - 1);
  const kept = mantissa >>> dropped;
  const up = rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0;
  // A carry out of the mantissa lands in the exponent, which is what rounding up means there.
  return base[index]! + kept + up;
}

/** Per sign and exponent of a single: the half's sign and exponent bits, and how many mantissa bits go. */
function encodingTables() {
  const base = new Uint16Array(512);
  const shift = new Uint8Array(512).fill(31);
  for (let exponent = 0; exponent < 256; exponent++) {
    const power = exponent - 127;
    const index = [exponent, exponent | 0x100];
    for (const [sign, at] of index.entries()) {
      const signBit = sign << 15;
      if (power > 15) {
        base[at] = signBit | 0x7c00;
      } else if (power >= -14) {
        base[at] = signBit | ((power + 14) << 10); // the mantissa's leading 1 adds the missing 1
        shift[at] = 13;
      } else {
        base[at] = signBit;
        shift[at] = Math.min(13 - 14 - power, 31);
      }
    }
  }
  return { base, shift };
}

function decodingTable(): Float32Array {
  return Float32Array.from({ length: 65536 }, (_, half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >>> 10) & 0x1f;
    const mantissa = half & 0x3ff;
    if (exponent === 31) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    if (exponent === 0) return sign * mantissa * 2 ** -24;
    return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
  });
}
