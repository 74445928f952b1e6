// The small pictures of photos that went through a base, kept beside their features: copies are known before the split of
// the next training, and photos whose features are known are not decoded again.

import type { Example } from '../data/data-set.js';
import { pictureSide } from '../data/perceptual-hash.js';
import { FeatureStore, rowKey } from './store.js';

/** Pictures of photos, by the sha-256 of their contents. Close it. */
export class KnownPictures {
  readonly #store: FeatureStore;

  /** @param dir the feature store's folder; what is wrong with it, the store of features tells */
  constructor(dir: string) {
    const emit = () => undefined;
    this.#store = new FeatureStore({ dir, base: 'small pictures, version 1', emit });
  }

  /** @param picture grey, `[pictureSide, pictureSide]` */
  add({ hash }: Example, picture: Uint8Array): void {
    if (this.#store.countOf(keyOf(hash)) === undefined)
      this.#store.put(keyOf(hash), { data: picture, scale: 1, zeroPoint: 0 });
  }

  /** Grey, `[pictureSide, pictureSide]`. */
  of({ hash }: Example): Uint8Array | undefined {
    const row = new Float32Array(pictureSide ** 2);
    return this.#store.read(keyOf(hash), row) ? new Uint8Array(row) : undefined;
  }

  close(): void {
    this.#store.close();
  }
}

function keyOf(hash: string): string {
  return rowKey(hash, 'picture');
}
