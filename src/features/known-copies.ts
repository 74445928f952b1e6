// Copies among photos that `inspect` has measured: their small pictures are in the feature store, so that a training finds
// them in no time. Of other photos it only knows which have the same bytes: it would have to decode each twice.

import type { Example } from '../data/data-set.js';
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
  const traits = openTraits(store, () => undefined);
  try {
    for (const [place, { hash }] of examples.entries()) {
      const picture = traits.read(hash)?.picture;
      if (picture !== undefined) known.push({ place, picture: { hash, picture } });
    }
  } finally {
    traits.close();
  }
  const pictures = known.map(({ picture }) => picture);
  const groups = await findCopies(pictures, { asTheyLie: true, signal });
  return groups.map(group => group.flatMap(i => known[i]?.place ?? []));
}
