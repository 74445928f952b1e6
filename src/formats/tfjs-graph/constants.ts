// The constants of a graph model, from its shards: kernels, and the integers that say how to reshape, pad and join.

import { readWeight } from '../../network/source.js';
import { openManifest } from '../tfjs-weights/manifest.js';

/** A dense array that does not depend on the image. */
export interface Constant {
  readonly kind: 'constant';
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * Reads every constant, by name.
 * @throws FinetuneError `bad-model` as `openManifest`; `bad-weights` where a value is not finite
 */
export async function readConstants(dir: string, manifest: unknown): Promise<ReadonlyMap<string, Constant>> {
  const weights = await openManifest(dir, manifest);
  return new Map(
    weights.map(weight => {
      const { name, shape, data } = readWeight(weight);
      return [name, { kind: 'constant', shape, data }];
    }),
  );
}
