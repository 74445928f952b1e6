// A conversion of colours as a table: what it makes of a grid of colours, and of those between them by interpolation.

/** Lines of the grid per channel, as many as colour management commonly takes. */
const side = 33;

/** The next red, green and blue of the grid lie so many bytes further on. */
const red = side * side * 3;
const green = side * 3;
const blue = 3;

/** Byte values of the grid's lines. */
const lines = Uint8Array.from({ length: side }, (_, i) => Math.round((i * 255) / (side - 1)));

/** For every byte value, the line that begins its cell, */
const cellOf = Int32Array.from({ length: 256 }, (_, value) =>
  Math.min(
    lines.findLastIndex(line => line <= value),
    side - 2,
  ),
);

/** and its way from there to the next line, in parts of 256. */
const wayOf = Int32Array.from(cellOf, (cell, value) => {
  const [low, high] = [lines[cell]!, lines[cell + 1]!];
  return Math.round(((value - low) / (high - low)) * 256);
});

/** The grid as a picture: its colours line by line. */
export const gridPicture = { width: side * side, height: side, channels: 3 } as const;

/** The colours whose conversions make a table, in its order: RGB bytes, blue changing fastest. */
export function gridColours(): Uint8Array {
  const colours = new Uint8Array(side * red);
  for (let i = 0; i < colours.length; i += 3) {
    colours[i] = lines[Math.floor(i / red)]!;
    colours[i + 1] = lines[Math.floor(i / green) % side]!;
    colours[i + 2] = lines[Math.floor(i / blue) % side]!;
  }
  return colours;
}

/**
 * Converts pixels in place. Between the grid's colours, linearly in the tetrahedron that a pixel lies in: it leads from the
 * darkest corner of a cell to the brightest along three edges, the channel that is furthest on its way first.
 * @param table what became of `gridColours()`
 * @param pixels RGB bytes
 */
export function convertColours(table: Uint8Array, pixels: Uint8Array): void {
  for (let i = 0; i < pixels.length; i += 3) {
    const [r, g, b] = [pixels[i]!, pixels[i + 1]!, pixels[i + 2]!];
    const [x, y, z] = [wayOf[r]!, wayOf[g]!, wayOf[b]!];
    const most = Math.max(x, y, z);
    const least = Math.min(x, y, z);
    const middle = x + y + z - most - least;
    const darkest = cellOf[r]! * red + cellOf[g]! * green + cellOf[b]! * blue;
    const brightest = darkest + red + green + blue;
    const second = darkest + (x === most ? red : y === most ? green : blue);
    const third = brightest - (z === least ? blue : y === least ? green : red);
    for (let channel = 0; channel < 3; channel++) {
      const sum =
        table[darkest + channel]! * (256 - most) +
        table[second + channel]! * (most - middle) +
        table[third + channel]! * (middle - least) +
        table[brightest + channel]! * least;
      pixels[i + channel] = (sum + 128) >> 8;
    }
  }
}
