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
  eachTap(images.length, convolution, (pixel, cell, channels) => {
    if (channels >= shortRun) {
      columns.set(images.subarray(pixel, pixel + channels), cell);
      return;
    }
    for (let c = 0; c < channels; c++) columns[cell + c] = images[pixel + c]!;
  });
}

/**
 * The transpose of `imagesToColumns`: every pixel is the sum of its places among the columns.
 * @param columns `[images, outHeight, outWidth, filterHeight, filterWidth, inChannels]`
 * @param images filled: `[images, inHeight, inWidth, inChannels]`
 */
export function columnsToImages(columns: Float32Array, images: Float32Array, convolution: Convolution): void {
  images.fill(0);
  eachTap(images.length, convolution, (pixel, cell, channels) => {
    for (let c = 0; c < channels; c++) images[pixel + c]! += columns[cell + c]!;
  });
}

/**
 * What each tap of the filter sees of each channel, a row per tap and channel: the transpose of `imagesToColumns`.
 * @param planes `[inChannels, images, inHeight, inWidth]`
 * @param rows filled: `[filterHeight, filterWidth, inChannels, images, outHeight, outWidth]`
 */
export function planesToRows(planes: Float32Array, rows: Float32Array, sizes: Convolution): void {
  const { inHeight, inWidth, outHeight, outWidth, filterHeight, filterWidth, padInfo } = sizes;
  rows.fill(0);
  const planeSize = inHeight * inWidth;
  let row = 0;
  for (let tap = 0; tap < filterHeight * filterWidth; tap++) {
    const top = Math.floor(tap / filterWidth) * sizes.dilationHeight - padInfo.top;
    const left = (tap % filterWidth) * sizes.dilationWidth - padInfo.left;
    const [start, end] = insideColumns(left, sizes);
    for (let plane = 0; plane < planes.length; plane += planeSize) {
      for (let outY = 0; outY < outHeight; outY++, row += outWidth) {
        const y = top + outY * sizes.strideHeight;
        if (y < 0 || y >= inHeight) continue;
        const origin = plane + y * inWidth + left;
        for (let outX = start; outX < end; outX++)
          rows[row + outX] = planes[origin + outX * sizes.strideWidth]!;
      }
    }
  }
}

/** The output columns whose pixel `left + column * stride` lies inside the image. */
function insideColumns(left: number, { strideWidth, inWidth, outWidth }: Convolution): [number, number] {
  return [
    Math.max(0, Math.ceil(-left / strideWidth)),
    Math.min(outWidth, Math.floor((inWidth - 1 - left) / strideWidth) + 1),
  ];
}

/** Calls `visit` with the offsets of every pixel under every position of the filter. */
function eachTap(
  imagesSize: number,
  sizes: Convolution,
  visit: (pixel: number, cell: number, channels: number) => void,
): void {
  const { inHeight, inWidth, inChannels: channels, outHeight, outWidth } = sizes;
  const { filterHeight, filterWidth, dilationHeight, dilationWidth, padInfo } = sizes;
  const images = imagesSize / (inHeight * inWidth * channels);
  let cell = 0;
  for (let position = 0; position < images * outHeight * outWidth; position++) {
    const image = Math.floor(position / (outHeight * outWidth));
    const top = (Math.floor(position / outWidth) % outHeight) * sizes.strideHeight - padInfo.top;
    const left = (position % outWidth) * sizes.strideWidth - padInfo.left;
    for (let tapY = 0; tapY < filterHeight; tapY++) {
      const y = top + tapY * dilationHeight;
      for (let tapX = 0; tapX < filterWidth; tapX++, cell += channels) {
        const x = left + tapX * dilationWidth;
        if (y < 0 || y >= inHeight || x < 0 || x >= inWidth) continue;
        visit(((image * inHeight + y) * inWidth + x) * channels, cell, channels);
      }
    }
  }
}
