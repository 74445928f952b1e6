// Lines that fit a terminal.

/** Columns of the narrowest terminal that is in use. */
const columns = 80;

/**
 * Breaks lines between words, so that each fits 80 columns; a word that is longer than that stays in one piece.
 * @param width columns, where there are fewer
 * @example wrap('Engine: ...') // the same text where it fits
 */
export function wrap(text: string, width = columns): string {
  return text
    .split('\n')
    .map(line => wrapLine(line, width))
    .join('\n');
}

function wrapLine(line: string, width: number): string {
  const lines: string[] = [];
  let current = '';
  for (const word of line.split(' ')) {
    if (current !== '' && current.length + 1 + word.length > width) {
      lines.push(current);
      current = word;
    } else {
      current = current === '' ? word : `${current} ${word}`;
    }
  }
  return [...lines, current].join('\n');
}
