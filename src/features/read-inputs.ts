// The inputs of many images, for what runs a network on this thread.

import type { Example } from '../data/data-set.js';
import type { InputRules } from '../data/image-rules.js';
import { type NetworkInput, readImage } from '../data/read-image.js';
import { mapAhead } from '../system/prefetch.js';

/**
 * Decodes and preprocesses images; the next one is under way while one is used.
 * @returns in the images' order; undefined for a bad image
 */
export async function* readInputs(
  images: readonly Example[],
  rules: InputRules,
): AsyncGenerator<NetworkInput | undefined> {
  const readOne = async ({ file }: Example) => {
    const read = await readImage(file, rules);
    return 'reason' in read ? undefined : read;
  };
  yield* mapAhead(images, readOne, 1);
}
