// How an image becomes a rectangle of another size: which part of it goes where, and the exact rule for every pixel.
//
// The rule is that of tf.image.resize(antialias=True), of Pillow's Image.resize, and of ONNX' Resize with `half_pixel`,
// `antialias` = 1, `exclude_outside` = 1 and `cubic_coeff_a` = -0.5. On either axis, output pixel i of n looks at the place
// (i + 0.5) * length / n of the source, where source pixel j has its centre at j + 0.5. Its value is the mean of the
// source pixels, weighted with kernel(distance / scale), where scale = max(1, length / n): antialiased when scaled down.

import type { Pixels, ResizeRule, Size, ViewedPart } from './image-rules.js';

/** A part of an image, in pixels. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Which part of an upright image fills which part of the result; the margins of both are equal on opposite sides. */
export interface Placement {
  readonly from: Rectangle;
  readonly to: Rectangle;
}

/** Plans how an upright image of one size becomes one of another. */
export function planPlacement(image: Size, target: Size, { method, cropFraction }: ResizeRule): Placement {
  const ratios = [image[0] / target[0], image[1] / target[1]] as const;
  if (method === 'stretch') return { from: rectangle(image, image), to: rectangle(target, target) };
  if (method === 'crop') {
    const scale = Math.min(...ratios) * cropFraction;
    return { from: rectangle(image, scaled(target, scale)), to: rectangle(target, target) };
  }
  return { from: rectangle(image, image), to: rectangle(target, scaled(image, 1 / Math.max(...ratios))) };
}

/** The pixels of a rectangle that a view shows: at least one. */
export function showPart(of: Rectangle, part: ViewedPart): Rectangle {
  const [left, top] = [Math.floor(part.left * of.width), Math.floor(part.top * of.height)];
  const width = Math.max(1, Math.min(of.width - left, Math.round(part.width * of.width)));
  const height = Math.max(1, Math.min(of.height - top, Math.round(part.height * of.height)));
  return { left: of.left + left, top: of.top + top, width, height };
}

function scaled([height, width]: Size, factor: number): Size {
  return [height * factor, width * factor];
}

/** The middle of an image, rounded so that opposite margins are equal: then it is the same in a mirror. */
function rectangle([height, width]: Size, [partHeight, partWidth]: Size): Rectangle {
  const margin = (length: number, part: number) =>
    Math.max(0, Math.min(Math.floor((length - 1) / 2), Math.round((length - part) / 2)));
  const [top, left] = [margin(height, partHeight), margin(width, partWidth)];
  return { left, top, width: width - 2 * left, height: height - 2 * top };
}

/** Weights by distance in source pixels, and how far they reach. `cubic` is Catmull and Rom's. */
const kernels: Readonly<
  Record<ResizeRule['interpolation'], { readonly radius: number; weigh(distance: number): number }>
> = {
  linear: { radius: 1, weigh: x => Math.max(0, 1 - x) },
  cubic: {
    radius: 2,
    weigh: x => (x < 1 ? (1.5 * x - 2.5) * x * x + 1 : x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0),
  },
  lanczos3: { radius: 3, weigh: x => (x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** One axis: for each output pixel its first source pixel, and `taps` weights from there on, which sum to 1. */
interface Axis {
  readonly taps: number;
  readonly starts: Int32Array;
  readonly weights: Float64Array;
}

/**
 * Resizes by the exact rule. The decoder does nearly the same, faster, where both axes shrink; where it enlarges, it is
 * off by half a pixel.
 * @param pixels `[height, width, channels]`; the last of 2 or 4 channels is alpha, which weighs the colours
 */
export function resample(
  pixels: Pixels,
  [height, width]: Size,
  interpolation: ResizeRule['interpolation'],
): Pixels {
  const { channels } = pixels;
  const hasAlpha = channels % 2 === 0;
  const bytes = new Uint8ClampedArray(height * width * channels);
  const source = hasAlpha ? multiplyByAlpha(pixels) : pixels.data;
  const across = { from: pixels.width, inner: channels, ...planAxis(pixels.width, width, interpolation) };
  const wide =
    width === pixels.width
      ? source
      : resampleAxis(source, new Float32Array(pixels.height * width * channels), across);
  const inner = width * channels;
  const down = { from: pixels.height, inner, ...planAxis(pixels.height, height, interpolation) };
  // A clamped array rounds.
  if (hasAlpha) bytes.set(divideByAlpha(resampleAxis(wide, new Float32Array(bytes.length), down), channels));
  else if (height === pixels.height) bytes.set(wide);
  else resampleAxis(wide, bytes, down);
  return { data: new Uint8Array(bytes.buffer), height, width, channels };
}

const axes = new Map<string, Axis>();

/** Photos of one data set come in few sizes. */
const mostAxes = 256;

function planAxis(from: number, to: number, interpolation: ResizeRule['interpolation']): Axis {
  const key = `${from} ${to} ${interpolation}`;
  const known = axes.get(key);
  if (known !== undefined) return known;
  if (axes.size >= mostAxes) axes.clear();
  const axis = weighAxis(from, to, interpolation);
  axes.set(key, axis);
  return axis;
}

/** Loops over so many are written out; where a kernel needs fewer, the others weigh nothing. */
const fewestTaps = 4;

function weighAxis(from: number, to: number, interpolation: ResizeRule['interpolation']): Axis {
  const { radius, weigh } = kernels[interpolation];
  const scale = Math.max(1, from / to);
  const taps = Math.min(from, Math.max(fewestTaps, Math.ceil(2 * radius * scale)));
  const starts = new Int32Array(to);
  const weights = new Float64Array(to * taps);
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * (from / to);
    // Further sources than there are taps have no weight.
    const start = Math.max(0, Math.min(from - taps, Math.floor(centre - radius * scale + 0.5)));
    const mine = weights.subarray(i * taps, (i + 1) * taps);
    for (let tap = 0; tap < taps; tap++) mine[tap] = weigh(Math.abs(start + tap + 0.5 - centre) / scale);
    const sum = mine.reduce((total, weight) => total + weight, 0);
    starts[i] = start;
    for (let tap = 0; tap < taps; tap++) mine[tap]! /= sum;
  }
  return { taps, starts, weights };
}

type Values = Uint8Array | Uint8ClampedArray | Float32Array;

/**
 * Resamples one axis: `[outer, from, inner]` to `[outer, to, inner]`. Of an image's rows `inner` is a row's length, of its
 * columns it is the channels.
 */
function resampleAxis<Target extends Values>(
  source: Values,
  target: Target,
  { from, taps, starts, weights, inner }: Axis & { readonly from: number; readonly inner: number },
): Target {
  let to = 0;
  for (let outer = 0; outer < source.length; outer += from * inner) {
    for (let i = 0; i < starts.length; i++) {
      const end = to + inner;
      let at = outer + starts[i]! * inner;
      // Written out, it takes less than half the time.
      if (taps === fewestTaps) {
        const first = weights[4 * i]!;
        const second = weights[4 * i + 1]!;
        const third = weights[4 * i + 2]!;
        const fourth = weights[4 * i + 3]!;
        for (; to < end; to++, at++) {
          target[to] =
            first * source[at]! +
            second * source[at + inner]! +
            third * source[at + 2 * inner]! +
            fourth * source[at + 3 * inner]!;
        }
      } else {
        for (; to < end; to++, at++) {
          let sum = 0;
          for (let tap = 0; tap < taps; tap++) sum += weights[i * taps + tap]! * source[at + tap * inner]!;
          target[to] = sum;
        }
      }
    }
  }
  return target;
}

function multiplyByAlpha({ data, channels }: Pixels): Float32Array {
  return Float32Array.from(data, (value, i) => {
    const alphaAt = i - (i % channels) + channels - 1;
    return i === alphaAt ? value : (value * (data[alphaAt] ?? 0)) / 255;
  });
}

function divideByAlpha(values: Float32Array, channels: number): Float32Array {
  for (let pixel = 0; pixel < values.length; pixel += channels) {
    const alpha = values[pixel + channels - 1]!;
    for (let i = pixel; i < pixel + channels - 1; i++)
      values[i] = alpha <= 0 ? 0 : (values[i]! * 255) / alpha;
  }
  return values;
}
