// The constants of Winograd's convolution F(4x4, 3x3), for interpolation at 0, 1, -1, 2, -2 and infinity:
// A. Lavin and S. Gray, "Fast Algorithms for Convolutional Neural Networks", arXiv:1509.09308, section 4.3.

/** Pixels of a tile's side: those that go into it, and those that come out. */
export const tile = { input: 6, output: 4 } as const;

/** A tile in Winograd's domain has this many numbers per channel. */
export const frequencies = tile.input ** 2;

const inputTransform = [
  [4, 0, -5, 0, 1, 0],
  [0, -4, -4, 1, 1, 0],
  [0, 4, -4, -1, 1, 0],
  [0, -2, -1, 2, 1, 0],
  [0, 2, -1, -2, 1, 0],
  [0, 4, 0, -5, 0, 1],
];

const kernelTransform = [
  [1 / 4, 0, 0],
  [-1 / 6, -1 / 6, -1 / 6],
  [-1 / 6, 1 / 6, -1 / 6],
  [1 / 24, 1 / 12, 1 / 6],
  [1 / 24, -1 / 12, 1 / 6],
  [0, 0, 1],
];

const outputTransform = [
  [1, 1, 1, 1, 1, 0],
  [0, 1, -1, 2, -2, 0],
  [0, 1, 1, 4, 4, 0],
  [0, 1, -1, 8, -8, 1],
];

/** A convolution that transforms every channel's tiles: `[channels * 36, 1, 6, 6]`. */
export function inputKernel(channels: number): Float32Array {
  const once = overBothAxes(inputTransform).flat();
  const kernel = new Float32Array(channels * once.length);
  for (let start = 0; start < kernel.length; start += once.length) kernel.set(once, start);
  return kernel;
}

/** From 36 numbers to the 16 pixels of a tile: `[16, 36]`. */
export function outputMatrix(): Float32Array {
  return Float32Array.from(overBothAxes(outputTransform).flat());
}

/** From the 9 numbers of a kernel to 36: `[36, 9]`. */
export function kernelMatrix(): Float32Array {
  return Float32Array.from(overBothAxes(kernelTransform).flat());
}

/** The matrix that transforms rows and columns of a tile which is read row by row: a Kronecker product. */
function overBothAxes(transform: readonly (readonly number[])[]): number[][] {
  return transform.flatMap(rowwise =>
    transform.map(columnwise => rowwise.flatMap(a => columnwise.map(b => a * b))),
  );
}
