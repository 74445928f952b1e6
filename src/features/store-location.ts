// Where the feature store lies and how large it may become.

import { join } from 'node:path';
import { cacheDirectory } from '../system/cache-directory.js';

/** Oldest features go first above this: about 200,000 images at 1280 floats have room for 20 times that. */
export const storeLimitBytes = 8 * 1024 ** 3;

export function storeDirectory(chosen: string | undefined): string {
  return chosen ?? join(cacheDirectory(), 'features');
}
