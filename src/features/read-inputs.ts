// The inputs of many images, for what runs a network on this thread.

import { join } from 'node:path';
import type { ImageFile } from '../data/data-set.js';
import type { InputRules, NetworkInput } from '../data/read-input.js';
import { mapAhead } from '../system/prefetch.js';

/**
 * Decodes and preprocesses images; the next one is under way while one is used.
 * @param root the data folder that image paths are relative to
 * @returns in the images' order; undefined for a bad image
 */
export async function* readInputs(
  images: readonly ImageFile[],
  root: string,
  rules: InputRules,
): AsyncGenerator<NetworkInput | undefined> {
  // The decoder takes a while to load, and a training in float needs none on this thread.
  const { readInputIfGood } = await import('../data/read-input.js');
  yield* mapAhead(images, ({ path }) => readInputIfGood(join(root, path), rules), 1);
}
