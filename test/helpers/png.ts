// Test images as a network's input.

import sharp from 'sharp';

/** Reads an image and applies `(pixel - mean) / scale`: `[1, height, width, 3]`, RGB. */
export async function readInput(
  path: string,
  normalize: (pixel: number) => number,
  size?: readonly [height: number, width: number],
): Promise<{ input: Float32Array; shape: [number, number, number, number] }> {
  const image = size === undefined ? sharp(path) : sharp(path).resize(size[1], size[0], { fit: 'fill' });
  const { data, info } = await image
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { input: Float32Array.from(data, normalize), shape: [1, info.height, info.width, 3] };
}
