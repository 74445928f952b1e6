// Convolutions as matrix products: the pixels under a filter laid side by side, and back.

import type { Convolution } from '../../convolution.js';

/** A copy through `subarray` costs as much as a loop over about this many numbers. */
const shortRun = 48;

/**
 * Lays the pixels under each position of the filter side by side; zero where it stands over the padding.
 * @param images `[images, inHeight, inWidth, inChannels]`
 * @param columns filled: `[images, outHeight, outWidth, filterHeight, filterWidth, inChannels]`
 */
export function imagesToColumns(images: Float32Array, columns: Float32Array, convolution: Convolution): void {
  columns.fill(0);
  eachRun(images.length, convolution, (pixel, cell, length) => {
    if (length >= shortRun) {
      columns.set(images.subarray(pixel, pixel + length), cell);
      return;
    }
    for (let i = 0; i < length; i++) columns[cell + i] = images[pixel + i]!;
  });
}

/**
 * The transpose of `imagesToColumns`: every pixel is the sum of its places among the columns.
 * @param columns `[images, outHeight, outWidth, filterHeight, filterWidth, inChannels]`
 * @param images filled: `[images, inHeight, inWidth, inChannels]`
 */
export function columnsToImages(columns: Float32Array, images: Float32Array, convolution: Convolution): void {
  images.fill(0);
  eachRun(images.length, convolution, (pixel, cell, length) => {
    for (let i = 0; i < length; i++) images[pixel + i]! += columns[cell + i]!;
  });
}

/** Some of the images of a batch. */
interface ImageGroup {
  readonly first: number;
  readonly count: number;
}

/** Output pixels per product: a few images, so that memory stays small and the cache is used well. */
const pixelsPerProduct = 2048;

/** The images of a batch in groups, the first the largest, whose columns are in memory together. */
export function groupImages({ batchSize, outHeight, outWidth }: Convolution): ImageGroup[] {
  const most = Math.max(1, Math.floor(pixelsPerProduct / (outHeight * outWidth)));
  return Array.from({ length: Math.ceil(batchSize / most) }, (_, group) => ({
    first: group * most,
    count: Math.min(most, batchSize - group * most),
  }));
}

/** Whether each output pixel is made of the one input pixel at its place: the images are their own columns. */
export function isPixelwise(sizes: Convolution): boolean {
  const { filterHeight, filterWidth, inHeight, inWidth, outHeight, outWidth, padInfo } = sizes;
  const isUnpadded = padInfo.top === 0 && padInfo.left === 0;
  return filterHeight * filterWidth === 1 && inHeight === outHeight && inWidth === outWidth && isUnpadded;
}

/** Calls `visit` with the offsets of every run of neighboring pixels under a row of the filter, at each of its positions. */
function eachRun(
  imagesSize: number,
  sizes: Convolution,
  visit: (pixel: number, cell: number, length: number) => void,
): void {
  const { inHeight, inWidth, inChannels: channels, outHeight, outWidth } = sizes;
  const { filterHeight, filterWidth, dilationHeight, dilationWidth, padInfo } = sizes;
  const images = imagesSize / (inHeight * inWidth * channels);
  // Taps that leave pixels out are runs of their own.
  const taps = dilationWidth === 1 ? filterWidth : 1;
  let cell = 0;
  for (let position = 0; position < images * outHeight * outWidth; position++) {
    const image = Math.floor(position / (outHeight * outWidth));
    const top = (Math.floor(position / outWidth) % outHeight) * sizes.strideHeight - padInfo.top;
    const left = (position % outWidth) * sizes.strideWidth - padInfo.left;
    for (let tapY = 0; tapY < filterHeight; tapY++) {
      const y = top + tapY * dilationHeight;
      for (let tapX = 0; tapX < filterWidth; tapX += taps, cell += taps * channels) {
        const x = left + tapX * dilationWidth;
        const [start, end] = [Math.max(0, -x), Math.min(taps, inWidth - x)];
        if (y < 0 || y >= inHeight || start >= end) continue;
        const pixel = (image * inHeight + y) * inWidth + x + start;
        visit(pixel * channels, cell + start * channels, (end - start) * channels);
      }
    }
  }
}
