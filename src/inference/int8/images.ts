// Images one after the other, of which the first are wanted twice.

import type { ImageInput } from '../image-input.js';

export type Images = AsyncIterable<ImageInput> | Iterable<ImageInput>;

export async function* iterate(images: Images): AsyncGenerator<ImageInput> {
  yield* images;
}

/** The next images, `count` at most. */
export async function takeImages(images: AsyncIterator<ImageInput>, count: number): Promise<ImageInput[]> {
  const taken: ImageInput[] = [];
  while (taken.length < count) {
    const { value, done } = await images.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}

/** All images again: those that were taken, then the rest. */
export async function* continueWith(taken: readonly ImageInput[], rest: AsyncGenerator<ImageInput>) {
  yield* taken;
  yield* rest;
}
