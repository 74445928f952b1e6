// What the base needs: backbones, the cache directory, the feature store.

import { accessSync, constants, existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { listBackbones } from '../backbones/resolve.js';
import { sizeOf } from '../engines/tensorflow/setup/own-folders.js';
import { messageOf } from '../errors.js';
import { cacheDirectory } from '../system/cache-directory.js';
import type { Check } from '../system/check.js';
import { inGigabytes } from '../system/checks.js';
import { makeFolder } from '../system/make-folder.js';
import { storeLimitBytes } from './store.js';
import { storeDirectory } from './store-directory.js';

/** The feature store at its limit. */
const littleSpace = storeLimitBytes;

/** Which backbones are prepared. */
export async function checkBackbones(): Promise<Check> {
  const backbones = await listBackbones();
  const names = [...new Set(backbones.map(each => each.name))];
  return {
    name: 'Backbones',
    finding: names.join(', ') || 'none prepared',
    details: {
      prepared: backbones.map(({ name, dir, card }) => ({ name, dir, architecture: card.architecture })),
    },
    ...(names.length === 0 && {
      problem: 'There is nothing to train on.',
      remedy: 'finetune prepare, or finetune prepare --from FILE for a Keras file',
    }),
  };
}

/** Whether the cache directory can be written, and has room. */
export async function checkCache(): Promise<Check> {
  const directory = cacheDirectory();
  try {
    makeFolder(directory);
    accessSync(directory, constants.W_OK);
    const { bavail, bsize } = await statfs(directory);
    const free = bavail * bsize;
    return {
      name: 'Cache',
      finding: `${directory}, ${inGigabytes(free)} free`,
      details: { directory, free },
      ...(free < littleSpace && {
        problem: 'The disk is nearly full.',
        remedy: 'FINETUNE_CACHE names another place for it.',
      }),
    };
  } catch (error) {
    return {
      name: 'Cache',
      finding: `${directory} cannot be written`,
      details: { directory, error: messageOf(error) },
      problem: messageOf(error),
      remedy: 'FINETUNE_CACHE names another place for it.',
    };
  }
}

/** How much the feature store takes. */
export async function checkFeatureStore(): Promise<Check> {
  const directory = storeDirectory(undefined);
  const bytes = existsSync(directory) ? await sizeOf(directory) : 0;
  return {
    name: 'Feature store',
    finding: `${inGigabytes(bytes)} of at most ${inGigabytes(storeLimitBytes)}`,
    details: { directory, bytes, limit: storeLimitBytes },
  };
}
