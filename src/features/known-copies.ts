// Copies among photos that went through a base, or that `inspect` has measured: their small pictures are in the feature
// store. Of other photos only those are known that have the same bytes.

import type { Example } from '../data/data-set.js';
import { KnownPictures } from './known-pictures.js';
import { openTraits } from './measure-photos.js';
import { findCopies, type Picture } from './near-duplicates.js';

/**
 * Finds copies of which nothing is cut off: compressed again, resized, made brighter.
 * @returns the places of the images of each group
 * @throws the signal's reason once it is aborted
 */
export async function findKnownCopies(
  examples: readonly Example[],
  { store, signal }: { readonly store: string; readonly signal: AbortSignal },
): Promise<number[][]> {
  const known: { readonly place: number; readonly picture: Picture }[] = [];
  const [seen, traits] = [new KnownPictures(store), openTraits(store, () => undefined)];
  try {
    for (const [place, example] of examples.entries()) {
      const { hash } = example;
      const picture = seen.of(example) ?? traits.read(hash)?.picture;
      if (picture !== undefined) known.push({ place, picture: { hash, picture } });
    }
  } finally {
    seen.close();
    traits.close();
  }
  const pictures = known.map(({ picture }) => picture);
  const groups = await findCopies(pictures, { asTheyLie: true, signal });
  return groups.map(group => group.flatMap(i => known[i]?.place ?? []));
}
