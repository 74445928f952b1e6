// A view of an image that is decoded already, made of its pixels: the same as the decoder makes of its file, to the bit,
// where the image has the size that the network takes. A larger file shows more in a part of it.

import { changePixels } from './change-pixels.js';
import type { Pixels, ResizeRule, View } from './image-rules.js';
import { placePixels } from './place-pixels.js';
import { type Rectangle, resample, showPart } from './resize.js';

/**
 * Looks at pixels as a view says.
 * @param pixels `[height, width, channels]`, which stay as they are
 * @returns pixels of the same size
 */
export async function viewPixels(
  pixels: Pixels,
  { part, mirrored, change }: View,
  interpolation: ResizeRule['interpolation'],
): Promise<Pixels> {
  const { height, width } = pixels;
  const whole = { left: 0, top: 0, width, height };
  const shown =
    part === undefined
      ? pixels
      : resample(cutOut(pixels, showPart(whole, part)), [height, width], interpolation);
  const placed = placePixels(shown, { orientation: 1, mirrored, size: [height, width], to: whole });
  return change === undefined ? placed : changePixels(placed, change);
}

function cutOut(
  { data: from, width: rowLength, channels }: Pixels,
  { left, top, width, height }: Rectangle,
): Pixels {
  const data = new Uint8Array(height * width * channels);
  for (let y = 0; y < height; y++) {
    const start = ((top + y) * rowLength + left) * channels;
    data.set(from.subarray(start, start + width * channels), y * width * channels);
  }
  return { data, height, width, channels };
}
