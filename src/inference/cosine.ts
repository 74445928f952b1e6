// How alike the features of two networks are.

/** Cosine of two vectors: 1 for the same direction. Two vectors of zeros are alike, too. */
export function cosineOf(left: Float32Array, right: Float32Array): number {
  let [product, leftSquare, rightSquare] = [0, 0, 0];
  for (const [i, a] of left.entries()) {
    const b = right[i] ?? Number.NaN;
    product += a * b;
    leftSquare += a * a;
    rightSquare += b * b;
  }
  const norms = Math.sqrt(leftSquare * rightSquare);
  if (norms === 0) return leftSquare === rightSquare ? 1 : 0;
  return product / norms;
}
