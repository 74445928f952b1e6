// What a view of a training image changes beside the part that it shows: geometry, colours, sharpness, a hole.

import type { PixelChange, Pixels, ViewedPart } from './image-rules.js';
import { sharp } from './sharp.js';

const middleGrey = 128;

/**
 * Changes pixels of the size that the network takes. The same change gives the same pixels, to the bit.
 * @param pixels `[height, width, channels]`; alpha is turned with the colours, and kept otherwise
 */
export async function changePixels(pixels: Pixels, change: PixelChange): Promise<Pixels> {
  const { rotation = 0, shear = 0, erased } = change;
  const turned = rotation === 0 && shear === 0 ? pixels : warp(pixels, rotation, shear);
  const coloured = await recolour(turned, change);
  return erased === undefined ? coloured : erase(coloured, erased);
}

/**
 * Turns and shears about the middle, by linear interpolation. Beyond the edges the image goes on as in a mirror, which the
 * decoder's own way would leave empty.
 */
function warp({ data: from, height, width, channels }: Pixels, rotation: number, shear: number): Pixels {
  const [turn, slope] = [inRadians(rotation), Math.tan(inRadians(shear))];
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  // Back from the result's places to the source's.
  const [xx, xy, yx, yy] = [cos + slope * sin, sin - slope * cos, -sin, cos];
  const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2];
  const data = new Uint8Array(from.length);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += channels) {
      const sourceX = middleX + xx * (x - middleX) + xy * (y - middleY);
      const sourceY = middleY + yx * (x - middleX) + yy * (y - middleY);
      const [left, top] = [Math.floor(sourceX), Math.floor(sourceY)];
      const [right, below] = [sourceX - left, sourceY - top];
      const columns = [reflect(left, width) * channels, reflect(left + 1, width) * channels] as const;
      const rows = [reflect(top, height) * width, reflect(top + 1, height) * width] as const;
      for (let channel = 0; channel < channels; channel++) {
        const upper = mix(
          from[rows[0] * channels + columns[0] + channel]!,
          from[rows[0] * channels + columns[1] + channel]!,
          right,
        );
        const lower = mix(
          from[rows[1] * channels + columns[0] + channel]!,
          from[rows[1] * channels + columns[1] + channel]!,
          right,
        );
        data[at + channel] = Math.round(mix(upper, lower, below));
      }
    }
  }
  return { data, height, width, channels };
}

function inRadians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}

/** A place beyond the edges, in the mirror that they are. */
function reflect(place: number, length: number): number {
  const period = 2 * length;
  const within = ((place % period) + period) % period;
  return within < length ? within : period - 1 - within;
}

function mix(first: number, second: number, part: number): number {
  return first + (second - first) * part;
}

async function recolour(
  pixels: Pixels,
  { blur, brightness = 1, contrast = 1, saturation = 1, hue = 0 }: PixelChange,
): Promise<Pixels> {
  const { height, width } = pixels;
  const channels = pixels.channels > 2 ? 3 : 1;
  const isLinear = brightness !== 1 || contrast !== 1;
  const isColoured = channels === 3 && (saturation !== 1 || hue !== 0);
  if (blur === undefined && !isLinear && !isColoured) return pixels;
  const image = sharp(takeColours(pixels, channels), { raw: { width, height, channels } });
  if (blur !== undefined) image.blur(blur);
  // A half, since the decoder cuts off what comes after the point.
  if (isLinear) image.linear(contrast * brightness, middleGrey * (1 - contrast) + 0.5);
  if (isColoured) image.modulate({ saturation, hue });
  image.toColourspace(channels === 3 ? 'srgb' : 'b-w');
  return putColours(pixels, await image.raw().toBuffer(), channels);
}

/** Without alpha. */
function takeColours({ data, channels }: Pixels, colours: 1 | 3): Uint8Array {
  return channels === colours ? data : data.filter((_, i) => i % channels < colours);
}

function putColours(pixels: Pixels, changed: Uint8Array, colours: 1 | 3): Pixels {
  const { channels } = pixels;
  if (channels === colours) return { ...pixels, data: changed };
  const data = pixels.data.map((alpha, i) =>
    i % channels < colours ? changed[Math.floor(i / channels) * colours + (i % channels)]! : alpha,
  );
  return { ...pixels, data };
}

/** Makes a part of an image grey. */
function erase({ data: from, height, width, channels }: Pixels, part: ViewedPart): Pixels {
  const data = Uint8Array.from(from);
  const colours = channels - (channels % 2 === 0 ? 1 : 0);
  const [top, bottom] = [part.top, part.top + part.height].map(each => Math.round(each * height));
  const [left, right] = [part.left, part.left + part.width].map(each => Math.round(each * width));
  for (let y = top ?? 0; y < (bottom ?? 0); y++) {
    for (let x = left ?? 0; x < (right ?? 0); x++) {
      const at = (y * width + x) * channels;
      data.fill(middleGrey, at, at + colours);
    }
  }
  return { data, height, width, channels };
}
