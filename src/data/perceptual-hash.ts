// Photos that may be copies of each other, found by 64 bits each: nearly the same bits whatever a copy's size, compression
// or brightness. compare-pictures.ts settles whether they are.

/** Side of the small grey pictures that photos are told apart by. */
export const pictureSide = 32;

/** Two halves of 32 bits, of which copies differ in at most 14 and pictures of different things in about 32. */
export type PerceptualHash = readonly [high: number, low: number];

/** Coefficients per axis: 8 by 8 make 64 bits. */
const frequencies = 8;

/** `cos((2 x + 1) u pi / 2 n)` for u from 0 to 7: `[frequencies, pictureSide]`. */
const cosines = Float64Array.from({ length: frequencies * pictureSide }, (_, i) => {
  const [u, x] = [Math.floor(i / pictureSide), i % pictureSide];
  return Math.cos(((2 * x + 1) * u * Math.PI) / (2 * pictureSide));
});

/**
 * The lowest frequencies of a picture's cosine transform, each above or below their median: what is known as pHash.
 * @param picture grey, `[pictureSide, pictureSide]`
 */
export function hashPicture(picture: ArrayLike<number>): PerceptualHash {
  const coefficients = lowestFrequencies(picture);
  // The first says how bright the picture is, which does not count.
  const median = coefficients.slice(1).sort()[31] ?? 0;
  let [high, low] = [0, 0];
  for (const [i, value] of coefficients.entries()) {
    const bit = i > 0 && value > median ? 1 : 0;
    if (i < 32) high = (high << 1) | bit;
    else low = (low << 1) | bit;
  }
  return [high, low];
}

/** `[frequencies, frequencies]` */
function lowestFrequencies(picture: ArrayLike<number>): Float64Array {
  const rows = new Float64Array(frequencies * pictureSide); // [v, x]
  for (let v = 0; v < frequencies; v++)
    for (let y = 0; y < pictureSide; y++) {
      const cosine = cosines[v * pictureSide + y]!;
      for (let x = 0; x < pictureSide; x++)
        rows[v * pictureSide + x]! += cosine * picture[y * pictureSide + x]!;
    }
  const coefficients = new Float64Array(frequencies ** 2); // [v, u]
  for (let v = 0; v < frequencies; v++)
    for (let u = 0; u < frequencies; u++)
      for (let x = 0; x < pictureSide; x++)
        coefficients[v * frequencies + u]! += cosines[u * pictureSide + x]! * rows[v * pictureSide + x]!;
  return coefficients;
}

/** Bits that are set, of 32 (Warren, Hacker's Delight, figure 5-2). */
export function countBits(value: number): number {
  const pairs = value - ((value >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
