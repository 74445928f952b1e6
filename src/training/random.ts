// Seeded random numbers: the same seed gives the same sequence on every machine.

/** A generator of uniform numbers in [0, 1) (mulberry32). */
export type Random = () => number;

/**
 * @param seed any 32-bit integer
 * @param stream another sequence of the same seed, e.g. one per epoch
 */
export function seededRandom(seed: number, stream = 0): Random {
  let state = (seed + Math.imul(stream, 0x9e3779b1)) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Orders `values` at random, in place (Fisher-Yates). */
export function shuffle(values: number[], random: Random): number[] {
  for (const last of [...values.keys()].slice(1).reverse()) {
    const chosen = Math.floor(random() * (last + 1));
    [values[last], values[chosen]] = [values[chosen]!, values[last]!];
  }
  return values;
}
