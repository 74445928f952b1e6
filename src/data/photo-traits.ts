// What a photo looks like as a picture, whatever it shows: bright or dark, sharp or blurred, flat; and the small grey
// picture by which copies of it are found. Every code of a JPEG is read, so that damage is found.

import { decodeImage, readImageSize } from './decode.js';
import { readImageFile } from './image-file.js';
import type { Pixels, ResizeRule } from './image-rules.js';
import { pictureSide } from './perceptual-hash.js';
import { resample } from './resize.js';
import type { ValueRange } from './value-range.js';

/** What is measured of a photo. Grey values are from 0 to 255. */
export interface PhotoTraits {
  /** Height and width in pixels, as they are stored. */
  readonly size: readonly [height: number, width: number];
  /** Grey, `[pictureSide, pictureSide]`. */
  readonly picture: Uint8Array;
  /** Mean of the grey values. */
  readonly brightness: number;
  /** Their standard deviation. */
  readonly contrast: number;
  /** The grey value that 98 of 100 pixels do not exceed. */
  readonly highlight: number;
  /** How steep the sharpest edges are, by the contrast: about 1 and more in sharp photos. */
  readonly sharpness: number;
  /** The part of the range that an image of 16 bits uses, where it is a quarter or less. */
  readonly narrowRange?: ValueRange | undefined;
}

/** Photos are measured at this size at most: near the size at which networks see them. */
const largestSide = 192;

const stretched: ResizeRule = { method: 'stretch', interpolation: 'linear', cropFraction: 1 };

/**
 * Measures a photo.
 * @param hash sha-256 that its bytes must have, hex
 * @throws FinetuneError `bad-image` with the reason in plain words, damage inside a JPEG's coded data included
 */
export async function measurePhoto(file: string, hash: string): Promise<PhotoTraits> {
  const bytes = await readImageFile(file);
  const size = await readImageSize(bytes).catch(() => undefined);
  // What is enlarged would look blurred.
  const side = Math.max(8, Math.min(largestSide, ...(size ?? [])));
  const narrow: ValueRange[] = [];
  const onNarrowRange = (range: ValueRange) => void narrow.push(range);
  const options = { hash, thorough: true, onNarrowRange };
  const pixels = await decodeImage(bytes, { size: [side, side], channels: 1, resize: stretched }, options);
  const { data: picture } = resample(pixels, [pictureSide, pictureSide], 'linear');
  return { size: size ?? [side, side], picture, ...measureGrey(pixels), narrowRange: narrow[0] };
}

type GreyTraits = Pick<PhotoTraits, 'brightness' | 'contrast' | 'highlight' | 'sharpness'>;

function measureGrey(grey: Pixels): GreyTraits {
  const { data } = grey;
  let [sum, squares] = [0, 0];
  for (const value of data) {
    sum += value;
    squares += value * value;
  }
  const brightness = sum / data.length;
  const contrast = Math.sqrt(Math.max(0, squares / data.length - brightness ** 2));
  const highlight = quantile(Float32Array.from(data), 0.98);
  const edges = quantile(laplacian(grey), 0.99);
  return { brightness, contrast, highlight, sharpness: contrast === 0 ? 0 : edges / contrast };
}

function quantile(values: Float32Array, part: number): number {
  return values.sort()[Math.min(values.length - 1, Math.floor(values.length * part))] ?? 0;
}

/** How much each inner pixel differs from the mean of its four neighbours, times four. */
function laplacian({ data, width, height }: Pixels): Float32Array {
  const differences = new Float32Array((width - 2) * (height - 2));
  let to = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let at = y * width + 1; at < (y + 1) * width - 1; at++) {
      const around = data[at - 1]! + data[at + 1]! + data[at - width]! + data[at + width]!;
      differences[to++] = Math.abs(4 * data[at]! - around);
    }
  }
  return differences;
}
