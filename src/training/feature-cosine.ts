// How alike two images are by their features.

/**
 * @param features `[images, size]`
 * @returns the cosine of two rows, each less the mean of all: 1 for the same, about 0 for images that have nothing in common
 */
export function cosineOfRows(features: Float32Array, size: number): (one: number, other: number) => number {
  const mean = averageRow(features, size);
  return (one, other) => {
    let [products, squares, otherSquares] = [0, 0, 0];
    for (let j = 0; j < size; j++) {
      const a = features[one * size + j]! - mean[j]!;
      const b = features[other * size + j]! - mean[j]!;
      products += a * b;
      squares += a * a;
      otherSquares += b * b;
    }
    return squares === 0 || otherSquares === 0 ? 1 : products / Math.sqrt(squares * otherSquares);
  };
}

function averageRow(features: Float32Array, size: number): Float64Array {
  const rows = features.length / size;
  const mean = new Float64Array(size);
  for (let at = 0; at < features.length; at += size)
    for (let j = 0; j < size; j++) mean[j]! += features[at + j]! / rows;
  return mean;
}
