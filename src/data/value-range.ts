// Which values of its range an image of 16 bits uses. Cameras, microscopes and scanners keep 8, 10 or 12 bits in 16: taken
// by the whole range, such an image would be nearly black.

/** The smallest and the largest value of an image. */
export type ValueRange = readonly [least: number, most: number];

/** A quarter of what 16 bits can say. */
const narrowWidth = 2 ** 14;

/** Whether an image of 16 bits uses a quarter of their range or less: it was meant for another range. */
export function isNarrow([least, most]: ValueRange): boolean {
  return most - least < narrowWidth;
}

/** How many bits the values were meant for, where that can be told: 8, 10 or 12. */
export function bitsOf([, most]: ValueRange): number | undefined {
  return most === 0 ? undefined : [8, 10, 12].find(bits => most < 2 ** bits);
}

/**
 * A warning about images of 16 bits that use a small part of their range.
 * @param found by the name of the image
 * @returns nothing where there are none
 */
export function describeNarrowRanges(found: ReadonlyMap<string, ValueRange>): string | undefined {
  const [first] = found;
  if (first === undefined) return undefined;
  const [name, [least, most]] = first;
  const bits = bitsOf([least, most]);
  const read = bits === undefined ? 'read as it is, nearly without contrast' : `read as ${bits} bits`;
  return (
    `16-bit images that use a small part of their range: ${found.size}, e.g. ${name}, with values from ${least} to ` +
    `${most}: ${read}. Where that is wrong, convert them to 8 bits.`
  );
}
