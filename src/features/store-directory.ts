// Where the feature store lies: never among the images that it is about.

import { join } from 'node:path';
import { refuseOption } from '../errors.js';
import { encloses } from '../system/atomic-folder.js';
import { cacheDirectory } from '../system/cache-directory.js';

/**
 * The folder that was chosen, else one in the cache directory.
 * @param data the folder of images, in which nothing is to be written
 * @throws FinetuneError `bad-option` where the store, or whatever else is kept, would lie there
 */
export function storeDirectory(chosen: string | undefined, data?: string): string {
  const cache = cacheDirectory();
  const store = chosen ?? join(cache, 'features');
  if (data === undefined) return store;
  if (encloses(data, store) && chosen !== undefined)
    refuseOption(`--store ${chosen} lies in the folder of images ${data}. Name a folder outside it.`);
  if (encloses(data, cache))
    refuseOption(
      `The cache directory ${cache} lies in the folder of images ${data}. Set FINETUNE_CACHE to another.`,
    );
  return store;
}
