// Whether two small grey pictures show the same scene, though margins may be cut off one of them. Compared are the steps
// from pixel to pixel, not grey values: two smooth pictures of different things have much the same values, but not edges.

import { pictureSide } from './perceptual-hash.js';

/** A copy has lost at most so much of a side. */
const leastPart = 0.88;

const coarseParts = [0.975, 0.95, 0.925, 0.9];

/** Where in what was cut off the copy begins, in either direction. */
const coarsePlaces = [0, 0.5, 1];

/** Below this as they lie, pictures are not tried in other places: copies by which 5 % are cut off have .4 and more. */
const worthAligning = 0.25;

/** Below this at the best of the coarse places, none in between is tried. */
const worthRefining = 0.6;

/**
 * How alike two pictures are where the one lies best over the other.
 * @param one grey, `[pictureSide, pictureSide]`
 * @returns the correlation of their gradients, at most 1: above .85 for copies, mostly below .5 for other pictures
 */
export function comparePictures(one: ArrayLike<number>, other: ArrayLike<number>): number {
  const asTheyLie = comparePicturesAsTheyLie(one, other);
  if (asTheyLie < worthAligning || asTheyLie > 0.98) return asTheyLie;
  return Math.max(asTheyLie, align(one, other), align(other, one));
}

/** The same for pictures of which nothing is cut off, a hundred times as fast. */
export function comparePicturesAsTheyLie(one: ArrayLike<number>, other: ArrayLike<number>): number {
  return correlate(gradientsOf(one), gradientsOf(other));
}

/** A part of a picture, in pixels of it. */
interface Part {
  readonly scale: number;
  readonly top: number;
  readonly left: number;
}

/** The best correlation of parts of a whole with what may have been cut out of it. */
function align(whole: ArrayLike<number>, cut: ArrayLike<number>): number {
  const wanted = gradientsOf(cut);
  const rate = (part: Part) => ({ part, value: correlate(gradientsOf(enlarge(whole, part)), wanted) });
  let best = { part: { scale: 1, top: 0, left: 0 }, value: -1 };
  for (const part of listCoarseParts()) {
    const rated = rate(part);
    if (rated.value > best.value) best = rated;
  }
  if (best.value < worthRefining) return best.value;
  for (let step = 1; step > 0.1; step /= 2) {
    for (const part of listNeighbors(best.part, step)) {
      const rated = rate(part);
      if (rated.value > best.value) best = rated;
    }
  }
  return best.value;
}

function listCoarseParts(): Part[] {
  return coarseParts.flatMap(scale =>
    coarsePlaces.flatMap(y =>
      coarsePlaces.map(x => {
        const slack = pictureSide * (1 - scale);
        return { scale, top: y * slack, left: x * slack };
      }),
    ),
  );
}

/** Parts that lie up to half a pixel further on in each direction, and a little larger or smaller, times `step`. */
function listNeighbors({ scale, top, left }: Part, step: number): Part[] {
  const moves = [
    [0, 1, 0],
    [0, -1, 0],
    [0, 0, 1],
    [0, 0, -1],
    [1, 0, 0],
    [-1, 0, 0],
  ] as const;
  return moves
    .map(([larger, down, right]) => ({
      scale: scale + larger * step * 0.0125,
      top: top + down * step * 0.5,
      left: left + right * step * 0.5,
    }))
    .filter(part => part.scale >= leastPart && part.scale <= 1);
}

/** A part of a picture as large as the whole, linearly interpolated. */
function enlarge(picture: ArrayLike<number>, { scale, top, left }: Part): Float32Array {
  const result = new Float32Array(pictureSide ** 2);
  const last = pictureSide - 1;
  for (let i = 0; i < result.length; i++) {
    const y = Math.min(last, Math.max(0, top + (Math.floor(i / pictureSide) + 0.5) * scale - 0.5));
    const x = Math.min(last, Math.max(0, left + ((i % pictureSide) + 0.5) * scale - 0.5));
    const [row, column] = [Math.min(last - 1, Math.floor(y)), Math.min(last - 1, Math.floor(x))];
    const at = row * pictureSide + column;
    const above = picture[at]! + (picture[at + 1]! - picture[at]!) * (x - column);
    const [left1, right1] = [picture[at + pictureSide]!, picture[at + pictureSide + 1]!];
    const below = left1 + (right1 - left1) * (x - column);
    result[i] = above + (below - above) * (y - row);
  }
  return result;
}

/** Steps to the right and down, pixel by pixel. */
function gradientsOf(picture: ArrayLike<number>): Float32Array {
  const last = pictureSide - 1;
  const gradients = new Float32Array(2 * last * last);
  for (let y = 0, to = 0; y < last; y++) {
    for (let at = y * pictureSide; at < y * pictureSide + last; at++) {
      gradients[to++] = picture[at + 1]! - picture[at]!;
      gradients[to++] = picture[at + pictureSide]! - picture[at]!;
    }
  }
  return gradients;
}

function correlate(one: Float32Array, other: Float32Array): number {
  let [products, squares, otherSquares] = [0, 0, 0];
  for (let i = 0; i < one.length; i++) {
    const [a, b] = [one[i]!, other[i]!];
    products += a * b;
    squares += a * a;
    otherSquares += b * b;
  }
  // Two pictures without any edge are alike only if they are the same file, which is found otherwise.
  return squares === 0 || otherSquares === 0 ? 0 : products / Math.sqrt(squares * otherSquares);
}
