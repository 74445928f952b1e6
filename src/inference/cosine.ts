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

/** How far a vector lies from another, as a part of the other's length: 0 for the same, 1 for one that is twice as long. */
export function distanceOf(left: Float32Array, right: Float32Array): number {
  let [square, rightSquare] = [0, 0];
  for (const [i, a] of left.entries()) {
    const b = right[i] ?? Number.NaN;
    square += (a - b) ** 2;
    rightSquare += b * b;
  }
  return square === 0 ? 0 : Math.sqrt(square / rightSquare);
}
