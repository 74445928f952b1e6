// Photos that are copies of each other: the same file, or the same picture resized, compressed again, cropped a little, or
// made brighter. A perceptual hash finds candidates; their pictures and their features have to agree.

import { comparePictures, comparePicturesAsTheyLie } from '../data/compare-pictures.js';
import { countBits, hashPicture } from '../data/perceptual-hash.js';
import { takingTurns } from '../training/turns.js';

/** A photo that may be a copy. */
export interface Picture {
  /** Grey, `[pictureSide, pictureSide]`. */
  readonly picture: Uint8Array;
  /** sha-256 of the file. */
  readonly hash: string;
}

/** What settles whether two candidates are copies. */
export interface CopyCheck {
  /** The cosine of the features of two photos, less the mean of all; absent: pictures alone decide. */
  readonly similarityOf?: ((one: number, other: number) => number | Promise<number>) | undefined;
  /** Nothing is cut off: found in a fraction of the time. */
  readonly asTheyLie?: boolean | undefined;
  readonly signal: AbortSignal;
}

/** Copies of which 5 % are cut off differ in up to 14 bits. */
const mostBits = 14;

/** Copies of which nothing is cut off differ in up to 10. */
const mostBitsAsTheyLie = 10;

/** A photo that has more candidates is compared with the nearest: copies are among them, and the work stays bounded. */
const mostCandidates = 40;

/** 198 of 200 planted copies were above this; no pair above .75 was anything but a copy to the eye. */
const leastAlike = 0.85;

/** Pictures above this are copies without features to confirm it: nearly all of 160 planted copies were, of which nothing is cut off. */
const leastAlikeAsTheyLie = 0.96;

/** Strong compression of a small photo brings its features down to .43; two photos of a class have .2 on average. */
const leastSimilar = 0.3;

/**
 * Finds groups of copies.
 * @returns the places of the photos of each group, which has two or more, in order
 * @throws the signal's reason once it is aborted
 */
export async function findCopies(photos: readonly Picture[], check: CopyCheck): Promise<number[][]> {
  const groups = new Groups(photos.length);
  const firsts = new Map<string, number>();
  for (const [place, { hash }] of photos.entries()) {
    const first = firsts.get(hash);
    if (first === undefined) firsts.set(hash, place);
    else groups.join(first, place);
  }
  const places = [...firsts.values()];
  const hashes = hashAll(places.map(place => photos[place]?.picture ?? []));
  const pause = takingTurns(check.signal);
  for (const [i, one] of places.entries()) {
    await pause();
    for (const j of listCandidates(hashes, i, check.asTheyLie ? mostBitsAsTheyLie : mostBits)) {
      const other = places[j] ?? one;
      if (groups.areJoined(one, other)) continue;
      await pause();
      if (await areCopies(photos, [one, other], check)) groups.join(one, other);
    }
  }
  return groups.list();
}

/** Both halves of all hashes: every photo is compared with every other, so that nothing may come between. */
interface Hashes {
  readonly highs: Int32Array;
  readonly lows: Int32Array;
}

function hashAll(pictures: readonly ArrayLike<number>[]): Hashes {
  const hashes = pictures.map(hashPicture);
  return {
    highs: Int32Array.from(hashes, ([high]) => high),
    lows: Int32Array.from(hashes, ([, low]) => low),
  };
}

/** Later photos whose hashes are near, nearest first. */
function listCandidates({ highs, lows }: Hashes, i: number, mostBits: number): number[] {
  const [high, low] = [highs[i] ?? 0, lows[i] ?? 0];
  const near: { readonly j: number; readonly bits: number }[] = [];
  for (let j = i + 1; j < highs.length; j++) {
    const half = countBits(high ^ highs[j]!);
    if (half > mostBits) continue;
    const bits = half + countBits(low ^ lows[j]!);
    if (bits <= mostBits) near.push({ j, bits });
  }
  return near
    .sort((a, b) => a.bits - b.bits)
    .slice(0, mostCandidates)
    .map(({ j }) => j);
}

async function areCopies(
  photos: readonly Picture[],
  [one, other]: readonly [number, number],
  { similarityOf, asTheyLie = false }: CopyCheck,
): Promise<boolean> {
  if (similarityOf !== undefined && (await similarityOf(one, other)) < leastSimilar) return false;
  const [first, second] = [photos[one]?.picture ?? [], photos[other]?.picture ?? []];
  return asTheyLie
    ? comparePicturesAsTheyLie(first, second) >= leastAlikeAsTheyLie
    : comparePictures(first, second) >= leastAlike;
}

/** Places that belong together, directly or through others. */
class Groups {
  readonly #above: Int32Array;

  constructor(count: number) {
    this.#above = Int32Array.from({ length: count }, (_, place) => place);
  }

  join(one: number, other: number): void {
    const [first, second] = [this.#firstOf(one), this.#firstOf(other)];
    this.#above[Math.max(first, second)] = Math.min(first, second);
  }

  areJoined(one: number, other: number): boolean {
    return this.#firstOf(one) === this.#firstOf(other);
  }

  list(): number[][] {
    const groups = new Map<number, number[]>();
    for (const place of this.#above.keys()) {
      const first = this.#firstOf(place);
      groups.set(first, [...(groups.get(first) ?? []), place]);
    }
    return [...groups.values()].filter(group => group.length > 1);
  }

  #firstOf(place: number): number {
    let first = place;
    while (this.#above[first] !== first) first = this.#above[first] ?? first;
    return first;
  }
}
