// The small grey picture by which copies of a photo are found, made of pixels that a network is about to see: in hand
// already, so that it costs a hundredth of the decoding.

import type { InputRules, Pixels, View } from './image-rules.js';
import { originalView } from './image-rules.js';
import { pictureSide } from './perceptual-hash.js';

/** With fewer pixels a side, a picture of a network's input would say too little. */
const leastSide = 2 * pictureSide;

/**
 * Makes the picture of an image that is about to be decoded.
 * @returns takes its pixels; undefined where they do not show the whole image, or are too few
 */
export function pictureTaker(
  rules: Pick<InputRules, 'size' | 'resize'>,
  view: View,
  onPicture: (picture: Uint8Array) => void,
): ((pixels: Pixels) => void) | undefined {
  return showsPicture(rules, view) ? pixels => onPicture(shrinkToPicture(pixels)) : undefined;
}

/** Whether what a network sees of an image is the whole image, as it is, and large enough. */
export function showsPicture({ size, resize }: Pick<InputRules, 'size' | 'resize'>, { key }: View): boolean {
  return resize.method === 'stretch' && Math.min(...size) >= leastSide && key === originalView.key;
}

/**
 * Shrinks pixels by the mean of boxes; alpha does not count.
 * @param pixels at least `pictureSide` a side
 * @returns grey, `[pictureSide, pictureSide]`
 */
export function shrinkToPicture(pixels: Pixels): Uint8Array {
  const { height, width } = pixels;
  const [rows, columns] = [placeBoxes(height), placeBoxes(width)];
  const picture = new Uint8Array(pictureSide ** 2);
  for (let i = 0; i < picture.length; i++) {
    const [row, column] = [Math.floor(i / pictureSide), i % pictureSide];
    const [top, left] = [rows[row]!, columns[column]!];
    picture[i] = averageGrey(pixels, { top, left, bottom: rows[row + 1]!, right: columns[column + 1]! });
  }
  return picture;
}

/** Where each box begins, and where the last one ends. */
function placeBoxes(length: number): Uint32Array {
  return Uint32Array.from({ length: pictureSide + 1 }, (_, i) => Math.round((i * length) / pictureSide));
}

interface Box {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

/** In parts of 16 of red, green and blue: nearly as bright as eyes see them. */
function averageGrey({ data, width, channels }: Pixels, { top, left, bottom, right }: Box): number {
  const isColoured = channels > 2;
  let sum = 0;
  for (let y = top; y < bottom; y++) {
    const end = (y * width + right) * channels;
    for (let at = (y * width + left) * channels; at < end; at += channels)
      sum += isColoured ? 5 * data[at]! + 9 * data[at + 1]! + 2 * data[at + 2]! : 16 * data[at]!;
  }
  return Math.round(sum / (16 * (bottom - top) * (right - left)));
}
