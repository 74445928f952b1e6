// Resizing along one axis as a matrix, for every kind that TensorFlow knows, pixel centres at one half
// (tensorflow/core/kernels/image: resize_bilinear_op, resize_bicubic_op, resize_area_op, scale_and_translate_op).

/** Kinds by TensorFlow's names. */
type Method =
  | 'nearest'
  | 'bilinear'
  | 'bicubic'
  | 'area'
  | 'lanczos3'
  | 'lanczos5'
  | 'gaussian'
  | 'mitchellcubic';

/** How new pixels come out of old ones; an antialiased one looks at all that they cover when it shrinks. */
export type Interpolation = Method | `${Method}, antialiased`;

interface Kernel {
  readonly radius: number;
  /** @param distance from the centre, at least 0, in pixels */
  weight(distance: number): number;
}

const kernels: ReadonlyMap<string, Kernel> = new Map<string, Kernel>([
  ['bilinear', { radius: 1, weight: x => Math.max(0, 1 - x) }],
  ['bicubic', { radius: 2, weight: keysCubic }],
  ['lanczos3', lanczos(3)],
  ['lanczos5', lanczos(5)],
  ['gaussian', { radius: 1.5, weight: x => (x >= 1.5 ? 0 : Math.exp((-x * x) / (2 * 0.5 * 0.5))) }],
  ['mitchellcubic', { radius: 2, weight: mitchellCubic }],
]);

/** Whether a text names a kind of resizing. */
export function isInterpolation(name: string): name is Method {
  return kernels.has(name) || name === 'nearest' || name === 'area';
}

/** `[from, to]`: the part that each old pixel has in each new one. */
export function resizeMatrix(from: number, to: number, interpolation: Interpolation): Float32Array {
  const matrix = new Float32Array(from * to);
  for (let column = 0; column < to; column++) {
    for (const [row, weight] of weightsOf(column, from / to, { from, interpolation })) {
      matrix[row * to + column] = (matrix[row * to + column] ?? 0) + weight;
    }
  }
  return matrix;
}

interface Axis {
  readonly from: number;
  readonly interpolation: Interpolation;
}

type Weights = readonly (readonly [row: number, weight: number])[];

function weightsOf(column: number, scale: number, { from, interpolation }: Axis): Weights {
  if (interpolation === 'nearest' || interpolation === 'nearest, antialiased') {
    return [[Math.min(Math.floor((column + 0.5) * scale), from - 1), 1]];
  }
  if (interpolation === 'bilinear') return bilinear((column + 0.5) * scale - 0.5, from);
  if (interpolation === 'bicubic') return bicubic((column + 0.5) * scale - 0.5, from);
  if (interpolation.startsWith('area')) return area(column * scale, (column + 1) * scale, from);
  const [method = '', antialiased] = interpolation.split(', ');
  const kernel = kernels.get(method);
  if (kernel === undefined) throw new Error(`There is no kernel ${method}.`);
  return spread((column + 0.5) * scale, from, { kernel, width: antialiased ? Math.max(scale, 1) : 1 });
}

function bilinear(place: number, from: number): Weights {
  const position = Math.max(place, 0);
  const lower = Math.min(Math.floor(position), from - 1);
  const part = position - lower;
  return [
    [lower, 1 - part],
    [Math.min(lower + 1, from - 1), part],
  ];
}

/** TensorFlow rounds the place between two pixels to 1024ths, and leaves out pixels beyond the edge. */
function bicubic(position: number, from: number): Weights {
  const lower = Math.floor(position);
  const part = Math.round((position - lower) * 1024) / 1024;
  const weights = [-1, 0, 1, 2]
    .map(step => [lower + step, keysCubic(Math.abs(step - part))] as const)
    .filter(([row]) => row >= 0 && row < from);
  return normalized(weights);
}

/** By how much of each old pixel the new one covers. */
function area(start: number, end: number, from: number): Weights {
  const rows = Array.from({ length: Math.ceil(end) - Math.floor(start) }, (_, i) => Math.floor(start) + i);
  return normalized(
    rows.map(row => [Math.min(row, from - 1), Math.min(row + 1, end) - Math.max(row, start)] as const),
  );
}

function spread(
  centre: number,
  from: number,
  { kernel, width }: { readonly kernel: Kernel; readonly width: number },
): Weights {
  const reach = kernel.radius * width;
  const first = Math.min(Math.max(Math.ceil(centre - reach - 0.5), 0), from - 1);
  const last = Math.min(Math.max(Math.floor(centre + reach - 0.5), 0), from - 1);
  const rows = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  return normalized(rows.map(row => [row, kernel.weight(Math.abs(row + 0.5 - centre) / width)] as const));
}

function normalized(weights: Weights): Weights {
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
  return weights.map(([row, weight]) => [row, weight / total] as const);
}

/** Keys' kernel with a = -0.5, Catmull-Rom. */
function keysCubic(x: number): number {
  if (x >= 2) return 0;
  return x >= 1 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : (1.5 * x - 2.5) * x * x + 1;
}

/** Mitchell and Netravali's, B = C = 1/3. */
function mitchellCubic(x: number): number {
  if (x >= 2) return 0;
  return x >= 1 ? (((-7 / 18) * x + 2) * x - 10 / 3) * x + 16 / 9 : ((7 / 6) * x - 2) * x * x + 8 / 9;
}

function lanczos(radius: number): Kernel {
  return {
    radius,
    weight(x) {
      if (x > radius) return 0;
      if (x <= 1e-3) return 1;
      return (radius * Math.sin(Math.PI * x) * Math.sin((Math.PI * x) / radius)) / (Math.PI * x) ** 2;
    },
  };
}
