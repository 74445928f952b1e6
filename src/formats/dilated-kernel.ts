// Depthwise kernels with their dilation written out: tfjs' layer for them takes no notice of it.

/** What a dilated kernel is. */
export interface Dilation {
  /** Height and width. */
  readonly size: readonly number[];
  /** The same, each at least 1. */
  readonly rates: readonly number[];
  /** Numbers of each tap. */
  readonly depth: number;
}

/** Height and width with the zeros in between. */
export function dilatedSize(size: readonly number[], rates: readonly number[]): readonly number[] {
  return size.map((length, axis) => (length - 1) * (rates[axis] ?? 1) + 1);
}

/** Puts zeros between a kernel's taps: `[h, w, depth]` to `[(h - 1) * rate + 1, ..., depth]`. */
export function dilateKernel(values: Float32Array, { size, rates, depth }: Dilation): Float32Array {
  const [height = 1, width = 1] = size;
  const [rateY = 1, rateX = 1] = rates;
  const [high = 1, wide = 1] = dilatedSize(size, rates);
  const result = new Float32Array(high * wide * depth);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const start = (y * width + x) * depth;
      result.set(values.subarray(start, start + depth), (y * rateY * wide + x * rateX) * depth);
    }
  }
  return result;
}
