// Features of images as rows of one matrix: as arrays of their own that are gathered later they would be in memory twice.

import type { Example } from '../data/data-set.js';

/** A row for each image, filled in any order; images of the same content share what is known of them. */
export class FeatureRows {
  /** Content hash -> row, of the contents that are filled in. */
  readonly #rows = new Map<string, number>();
  readonly #firstRows: ReadonlyMap<string, number>;
  #features = new Float32Array();
  #size = 0;

  constructor(readonly images: readonly Example[]) {
    // From the last to the first, so that the first of a content stays.
    this.#firstRows = new Map(images.map(({ hash }, row) => [hash, row] as const).reverse());
  }

  has(hash: string): boolean {
    return this.#rows.has(hash);
  }

  /** @param features as many as those of every other image */
  set(hash: string, features: Float32Array): void {
    if (this.#rows.size === 0) {
      this.#size = features.length;
      this.#features = new Float32Array(this.images.length * this.#size);
    }
    const row = this.#firstRows.get(hash)!;
    this.#features.set(features, row * this.#size);
    this.#rows.set(hash, row);
  }

  /** Closes the gaps of images that were not filled in. @returns the others' features, in the images' order */
  compact(): { images: readonly Example[]; features: Float32Array; size: number } {
    const images = this.images.filter(({ hash }) => this.has(hash));
    images.forEach(({ hash }, to) => {
      // Nothing that is still needed is written over: rows only move towards the beginning.
      this.#features.copyWithin(to * this.#size, ...this.#ends(this.#rows.get(hash)!));
      this.#rows.set(hash, to);
    });
    return { images, features: this.#features.subarray(0, images.length * this.#size), size: this.#size };
  }

  #ends(row: number): [from: number, to: number] {
    return [row * this.#size, (row + 1) * this.#size];
  }
}
