// Lines that fit a terminal.

/** Columns of the narrowest terminal that is in use. */
const columns = 80;

/**
 * Breaks lines between words, so that each fits 80 columns; a word that is longer than that stays in one piece.
 * @example wrap('Engine: ...') // the same text where it fits
 */
export function wrap(text: string): string {
  return text.split('\n').map(wrapLine).join('\n');
}

function wrapLine(line: string): string {
  const lines: string[] = [];
  let current = '';
  for (const word of line.split(' ')) {
    if (current !== '' && current.length + 1 + word.length > columns) {
      lines.push(current);
      current = word;
    } else {
      current = current === '' ? word : `${current} ${word}`;
    }
  }
  return [...lines, current].join('\n');
}
