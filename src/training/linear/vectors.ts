// Vectors of double precision. The lengths of two vectors that meet are equal.

/** The sum of the products. */
export function dot(a: Float64Array, b: Float32Array | Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** `target += amount * values`, in place. */
export function addScaled(
  target: Float64Array,
  amount: number,
  values: Float32Array | Float64Array,
): Float64Array {
  for (let i = 0; i < target.length; i++) target[i]! += amount * values[i]!;
  return target;
}

/** `a - b` */
export function subtract(a: Float64Array, b: Float64Array): Float64Array {
  return addScaled(a.slice(), -1, b);
}

/** One after the other. */
export function concatenate(a: Float64Array, b: Float64Array): Float64Array {
  const joined = new Float64Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

/** The sums of `count` parts of equal length: `[count, n]` -> `[count]`. */
export function sumParts(values: Float32Array, count: number): Float64Array {
  const sums = new Float64Array(count);
  const length = values.length / count;
  for (let part = 0, at = 0; part < count; part++) {
    let sum = 0;
    for (const end = at + length; at < end; at++) sum += values[at]!;
    sums[part] = sum;
  }
  return sums;
}
