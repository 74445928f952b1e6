// How the features of one image lie in the store: what the numbers are, then the numbers.

/** Features as a quantised base gives them: `value = (q - zeroPoint) * scale`. */
export interface QuantizedFeatures {
  readonly data: Uint8Array;
  readonly scale: number;
  readonly zeroPoint: number;
}

/** The numbers themselves; floats are given back as they are. */
export function toFloats(features: Float32Array | QuantizedFeatures): Float32Array {
  if (features instanceof Float32Array) return features;
  const { data, scale, zeroPoint } = features;
  return Float32Array.from(data, value => (value - zeroPoint) * scale);
}

const headerBytes = 16;
const kinds = { float32: 1, uint8: 2 } as const;

/** Header of 16 bytes, little-endian: kind, count, scale, zero point (of 4 bytes each); then the numbers. */
export function encodeFeatures(features: Float32Array | QuantizedFeatures): Buffer {
  const isFloat = features instanceof Float32Array;
  const data = isFloat ? features : features.data;
  const record = Buffer.allocUnsafe(headerBytes + data.byteLength);
  record.writeUInt32LE(isFloat ? kinds.float32 : kinds.uint8, 0);
  record.writeUInt32LE(data.length, 4);
  record.writeFloatLE(isFloat ? 1 : features.scale, 8);
  record.writeUInt32LE(isFloat ? 0 : features.zeroPoint, 12);
  record.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), headerBytes);
  return record;
}

/** @throws Error when the record does not hold what its header says */
export function decodeFeatures(record: Buffer): Float32Array {
  if (record.length < headerBytes) throw new Error('a record is cut short');
  const kind = record.readUInt32LE(0);
  const count = record.readUInt32LE(4);
  const numbers = record.subarray(headerBytes);
  if (kind === kinds.float32 && numbers.length === count * 4) {
    // A copy, because the record may lie where floats cannot be read.
    return new Float32Array(Uint8Array.from(numbers).buffer);
  }
  if (kind === kinds.uint8 && numbers.length === count) {
    return toFloats({ data: numbers, scale: record.readFloatLE(8), zeroPoint: record.readUInt32LE(12) });
  }
  throw new Error(`a record of kind ${kind} with ${count} numbers has ${numbers.length} bytes`);
}
