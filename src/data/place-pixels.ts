// Pixels as they are stored in a file to their place in the network's input: turned upright, mirrored, with black bars.

import type { Pixels, Size } from './image-rules.js';
import type { Rectangle } from './resize.js';

/** EXIF's number for how an image is stored: 1 upright, 3 upside down, 6 and 8 on its sides, the others mirrored. */
export type Orientation = (typeof orientations)[number];

/** All of them. */
export const orientations = [1, 2, 3, 4, 5, 6, 7, 8] as const;

/** Where pixels go. */
export interface Place {
  readonly orientation: Orientation;
  /** Left and right of the upright image are exchanged. */
  readonly mirrored: boolean;
  /** The size of the result. */
  readonly size: Size;
  /** The part of the result that the upright pixels fill; the rest becomes black. */
  readonly to: Rectangle;
}

const black = 0;
const opaque = 255;

/**
 * Moves pixels to their place.
 * @param pixels `[to.height, to.width, channels]`, or the other way round for orientations from 5 on
 */
export function placePixels(
  pixels: Pixels,
  { orientation, mirrored, size: [height, width], to }: Place,
): Pixels {
  const { channels, data: source } = pixels;
  const isFilled = to.width === width && to.height === height;
  if (orientation === 1 && !mirrored && isFilled) return pixels;
  const data = new Uint8Array(height * width * channels).fill(black);
  if (channels % 2 === 0 && !isFilled)
    for (let i = channels - 1; i < data.length; i += channels) data[i] = opaque;
  const { first, right, down } = pathOf(pixels, { orientation, mirrored });
  for (let y = 0; y < to.height; y++) {
    let at = first + y * down;
    const row = ((to.top + y) * width + to.left) * channels;
    for (let i = row; i < row + to.width * channels; i += channels, at += right)
      for (let channel = 0; channel < channels; channel++) data[i + channel] = source[at + channel]!;
  }
  return { data, height, width, channels };
}

/** Where the upright image's first pixel is stored, and how far off the next ones to the right and below are. */
function pathOf(
  { width, height, channels }: Pixels,
  { orientation, mirrored }: Pick<Place, 'orientation' | 'mirrored'>,
): { first: number; right: number; down: number } {
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const fromBelow = [3, 4, 6, 7].includes(orientation);
  const across = fromRight ? -channels : channels;
  const along = (fromBelow ? -width : width) * channels;
  const first = ((fromRight ? width - 1 : 0) + (fromBelow ? (height - 1) * width : 0)) * channels;
  const isTurned = orientation > 4;
  const [right, down] = isTurned ? [along, across] : [across, along];
  const lastColumn = (isTurned ? height : width) - 1;
  return mirrored ? { first: first + lastColumn * right, right: -right, down } : { first, right, down };
}
