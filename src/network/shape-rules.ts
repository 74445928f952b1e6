// The output shape of every layer class that a topology may hold, from its config and its inputs' shapes. Plain arithmetic.

/** Sizes without the batch dimension, e.g. `[height, width, channels]`; null is open. */
export type Shape = readonly Size[];
/** One size; null is open. */
export type Size = number | null;

type Config = Readonly<Record<string, unknown>>;
type ShapeRule = (config: Config, inputs: readonly Shape[]) => Shape;

const same: ShapeRule = (_config, inputs) => firstOf(inputs);

/** By class name; channels last. A rule gives sizes below 1 or NaN where the inputs do not fit: the caller checks. */
export const shapeRules: ReadonlyMap<string, ShapeRule> = new Map([
  rule('InputLayer', inputShape),
  ...rules('Activation ReLU LeakyReLU PReLU ELU ThresholdedReLU Softmax', same),
  // Keras' own, in the catalogue's topologies until they are rewritten for tfjs.
  ...rules('LayerScale CustomScaleLayer', same),
  ...rules('BatchNormalization LayerNormalization Normalization Rescaling Masking', same),
  ...rules('Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D AlphaDropout', same),
  ...rules('GaussianNoise GaussianDropout ActivityRegularization', same),
  ...rules('RandomFlip RandomRotation RandomZoom RandomTranslation RandomContrast RandomBrightness', same),
  ...rules('Conv1D Conv2D Conv3D SeparableConv2D DepthwiseConv2D', convolution),
  ...rules('Conv2DTranspose Conv3DTranspose', transposedConvolution),
  ...rules('MaxPooling1D MaxPooling2D MaxPooling3D', pooling),
  ...rules('AveragePooling1D AveragePooling2D AveragePooling3D', pooling),
  ...rules('GlobalAveragePooling1D GlobalMaxPooling1D', globalPooling),
  ...rules('GlobalAveragePooling2D GlobalMaxPooling2D', globalPooling),
  ...rules('Add Subtract Multiply Average Maximum Minimum', broadcast),
  rule('Concatenate', concatenate),
  rule('Dot', dot),
  rule('Dense', (config, inputs) => [...firstOf(inputs).slice(0, -1), integer(config.units)]),
  rule('Flatten', (_config, inputs) => [product(firstOf(inputs))]),
  rule('Reshape', reshape),
  rule('Permute', (config, inputs) => list(config.dims).map(dim => sizeAt(firstOf(inputs), dim - 1))),
  rule('RepeatVector', (config, inputs) => [integer(config.n), ...firstOf(inputs)]),
  rule('Embedding', (config, inputs) => [...firstOf(inputs), integer(config.output_dim)]),
  rule('ZeroPadding2D', (config, inputs) => bordered(config.padding, firstOf(inputs), 1)),
  rule('Cropping2D', (config, inputs) => bordered(config.cropping, firstOf(inputs), -1)),
  rule('UpSampling2D', upSampling),
  ...rules('Resizing CenterCrop', resizing),
]);

function rule(className: string, shapeRule: ShapeRule): readonly [string, ShapeRule] {
  return [className, shapeRule];
}

function rules(classNames: string, shapeRule: ShapeRule): (readonly [string, ShapeRule])[] {
  return classNames.split(' ').map(className => rule(className, shapeRule));
}

function inputShape(config: Config): Shape {
  const shape = config.batch_input_shape;
  if (!Array.isArray(shape)) return [Number.NaN];
  return shape.slice(1).map(size => (size === null ? null : integer(size)));
}

function convolution(config: Config, inputs: readonly Shape[]): Shape {
  const input = firstOf(inputs);
  const channels = sizeAt(input, input.length - 1) ?? Number.NaN;
  const filters =
    config.filters === undefined ? channels * integer(config.depth_multiplier ?? 1) : config.filters;
  return [...windowed(config, input, 'kernel_size'), integer(filters)];
}

function pooling(config: Config, inputs: readonly Shape[]): Shape {
  const input = firstOf(inputs);
  const size = config.pool_size ?? 2;
  const full = { ...config, pool_size: size, strides: config.strides ?? size };
  return [...windowed(full, input, 'pool_size'), sizeAt(input, input.length - 1)];
}

/** The spatial sizes after a sliding window. */
function windowed(config: Config, input: Shape, sizeKey: 'kernel_size' | 'pool_size'): Shape {
  const spatial = input.slice(0, -1);
  const isValid = String(config.padding ?? 'valid').toLowerCase() === 'valid';
  const sizes = list(config[sizeKey], spatial.length);
  const strides = list(config.strides ?? 1, spatial.length);
  const dilations = list(config.dilation_rate ?? 1, spatial.length);
  return spatial.map((size, axis) => {
    const stride = strides[axis] ?? Number.NaN;
    const extent = ((sizes[axis] ?? Number.NaN) - 1) * (dilations[axis] ?? Number.NaN) + 1;
    if (size === null) return null;
    const room = isValid ? size - extent + 1 : size;
    return Math.ceil(room / stride);
  });
}

function transposedConvolution(config: Config, inputs: readonly Shape[]): Shape {
  const spatial = firstOf(inputs).slice(0, -1);
  const kernel = list(config.kernel_size, spatial.length);
  const strides = list(config.strides ?? 1, spatial.length);
  const sizes = spatial.map((size, axis) => {
    const stride = strides[axis] ?? Number.NaN;
    const overlap = config.padding === 'valid' ? Math.max((kernel[axis] ?? Number.NaN) - stride, 0) : 0;
    return size === null ? null : size * stride + overlap;
  });
  return [...sizes, integer(config.filters)];
}

function globalPooling(config: Config, inputs: readonly Shape[]): Shape {
  const input = firstOf(inputs);
  const channels = sizeAt(input, input.length - 1);
  return config.keepdims === true
    ? input.map((_size, axis) => (axis < input.length - 1 ? 1 : channels))
    : [channels];
}

/** Element by element; sizes of 1 stretch, as in `Multiply` of a map and its squeeze-and-excitation gate. */
function broadcast(_config: Config, inputs: readonly Shape[]): Shape {
  const rank = Math.max(...inputs.map(input => input.length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = inputs
      .map(input => sizeAt(input, axis - rank + input.length, 1))
      .filter(size => size !== 1);
    const [known = null, ...others] = sizes.filter(size => size !== null);
    if (sizes.length === 0) return 1;
    return others.every(size => size === known) ? known : Number.NaN;
  });
}

function concatenate(config: Config, inputs: readonly Shape[]): Shape {
  const first = firstOf(inputs);
  const axis = integer(config.axis ?? -1);
  const joined = axis < 0 ? first.length + axis : axis - 1;
  const fits = inputs.every(
    input =>
      input.length === first.length &&
      input.every((size, i) => i === joined || matches(size, sizeAt(first, i))),
  );
  if (!fits || joined >= first.length) return [Number.NaN];
  const total = inputs
    .map(input => sizeAt(input, joined))
    .reduce((sum, size) => (sum === null || size === null ? null : sum + size), 0);
  return first.map((size, i) => (i === joined ? total : size));
}

/** What is left of both when the axes that are summed over are gone. */
function dot(config: Config, inputs: readonly Shape[]): Shape {
  const [one = [], other = []] = inputs;
  const [first = Number.NaN, second = Number.NaN] = list(config.axes, 2).map(axis => axis - 1);
  if (!matches(sizeAt(one, first), sizeAt(other, second))) return [Number.NaN];
  const left = [...one.toSpliced(first, 1), ...other.toSpliced(second, 1)];
  return left.length === 0 ? [1] : left;
}

function matches(one: Size, other: Size): boolean {
  return one === null || other === null || one === other;
}

/** At most one size is left open (-1, in tfjs null): it follows from the others. */
function reshape(config: Config, inputs: readonly Shape[]): Shape {
  const total = product(firstOf(inputs));
  const given = Array.isArray(config.target_shape) ? config.target_shape : [config.target_shape];
  const target = given.map(size => (size === null ? -1 : integer(size)));
  const rest = target.filter(size => size !== -1).reduce((a, b) => a * b, 1);
  const open = target.filter(size => size === -1).length;
  if (open > 1 || (open === 0 && total !== null && total !== rest)) return [Number.NaN];
  return target.map(size => (size === -1 ? (total === null ? null : total / rest) : size));
}

/** @param sign 1 adds the borders, -1 takes them away */
function bordered(borders: unknown, input: Shape, sign: 1 | -1): Shape {
  const axes = Array.isArray(borders) ? borders : [borders, borders];
  return input.map((size, axis) => {
    if (axis > 1 || size === null) return size;
    const [before, after] = list(axes[axis], 2);
    return size + sign * ((before ?? Number.NaN) + (after ?? Number.NaN));
  });
}

function upSampling(config: Config, inputs: readonly Shape[]): Shape {
  const factors = list(config.size ?? 2, 2);
  return firstOf(inputs).map((size, axis) =>
    axis > 1 || size === null ? size : size * (factors[axis] ?? Number.NaN),
  );
}

function resizing(config: Config, inputs: readonly Shape[]): Shape {
  return [integer(config.height), integer(config.width), sizeAt(firstOf(inputs), 2)];
}

function product(shape: Shape): Size {
  return shape.reduce<Size>((total, size) => (total === null || size === null ? null : total * size), 1);
}

function firstOf(inputs: readonly Shape[]): Shape {
  return inputs[0] ?? [];
}

function sizeAt(shape: Shape, axis: number, missing = Number.NaN): Size {
  const size = shape[axis];
  return size === undefined ? missing : size;
}

function integer(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : Number.NaN;
}

/** A number stands for the same on every axis. */
function list(value: unknown, length = 1): number[] {
  return Array.isArray(value) ? value.map(integer) : Array<number>(length).fill(integer(value));
}
