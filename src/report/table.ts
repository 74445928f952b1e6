// Tables whose columns are set apart by space alone.

import Table from 'cli-table3';

const borders = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: ' ',
};

/**
 * Renders rows of equal length.
 * @param head may be empty: no head line then
 * @returns lines without trailing spaces, and without a line break at the end
 */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  alignments: readonly ('left' | 'right')[],
): string {
  const table = new Table({
    head: [...head],
    colAligns: [...alignments],
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 1 },
    chars: borders,
  });
  table.push(...rows.map(row => [...row]));
  return table.toString().replace(/ +$/gm, '');
}
