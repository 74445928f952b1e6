// How real numbers stand for whole ones: uint8 for what flows through the network.

/** `value = (q - zeroPoint) * scale`, q in 0..255. */
export interface Quantization {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** The smallest and the largest value of a tensor. */
export type Range = readonly [min: number, max: number];

/** The finest quantisation to uint8 that covers `range` and has an exact zero, as padding needs it. */
export function quantizationOf([min, max]: Range): Quantization {
  const low = Math.min(min, 0);
  const high = Math.max(max, 0);
  // A tensor that is zero throughout may have any scale but zero.
  const scale = Math.fround(high === low ? 1 : (high - low) / 255);
  return { scale, zeroPoint: Math.round(Math.abs(low) / scale) };
}
