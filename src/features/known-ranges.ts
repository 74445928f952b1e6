// Which images of 16 bits use a small part of their range, kept beside their features: images whose features are known
// are not decoded again, and would be taken without a word.

import type { Example } from '../data/data-set.js';
import type { ValueRange } from '../data/value-range.js';
import { FeatureStore, rowKey } from './store.js';

/** Ranges of images, by the sha-256 of their contents. Close it. */
export class KnownRanges {
  readonly #store: FeatureStore;
  readonly #found = new Map<string, ValueRange>();

  /** @param dir the feature store's folder; what is wrong with it, the store of features tells */
  constructor(dir: string) {
    const emit = () => undefined;
    this.#store = new FeatureStore({ dir, base: 'narrow ranges, version 1', emit });
  }

  add({ hash }: Example, range: ValueRange): void {
    this.#found.set(hash, range);
    if (this.#store.countOf(keyOf(hash)) === undefined)
      this.#store.put(keyOf(hash), Float32Array.from(range));
  }

  /** By path. */
  of(examples: readonly Example[]): Map<string, ValueRange> {
    return new Map(
      examples.flatMap(({ path, hash }) => {
        const range = this.#found.get(hash) ?? this.#read(hash);
        return range === undefined ? [] : [[path, range] as const];
      }),
    );
  }

  close(): void {
    this.#store.close();
  }

  #read(hash: string): ValueRange | undefined {
    const row = new Float32Array(2);
    if (!this.#store.read(keyOf(hash), row)) return undefined;
    const [least = 0, most = 0] = row;
    return [least, most];
  }
}

function keyOf(hash: string): string {
  return rowKey(hash, 'range');
}
