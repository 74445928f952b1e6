// Images as a network takes them, one or several at a time.

import type { ImageBatchShape } from './session.js';

/** Preprocessed images of one size: `input` is `shape`, row-major. */
export interface ImageInput {
  readonly input: Float32Array;
  readonly shape: ImageBatchShape;
}

/** One batch of images, each of them `[1, height, width, 3]`; one at least. */
export function joinImages(images: readonly ImageInput[]): ImageInput {
  const [, ...size] = images[0]!.shape;
  const length = images[0]!.input.length;
  const input = new Float32Array(images.length * length);
  for (const [i, image] of images.entries()) input.set(image.input, i * length);
  return { input, shape: [images.length, ...size] };
}
