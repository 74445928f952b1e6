// Errors that a user can mend. Anything else that is thrown is a bug and keeps its stack.

/** What went wrong, for programs; the message is for people. */
export type ErrorCode =
  | 'bad-option'
  | 'bad-data-set'
  | 'bad-image'
  | 'bad-weights'
  | 'bad-model'
  | 'unsupported-layer'
  | 'not-found'
  | 'not-prepared'
  | 'download-failed'
  | 'engine-missing'
  | 'gate-failed'
  | 'not-written';

/**
 * A mistake or a mishap outside the program: prints one message and exits 1.
 * The message says what happened, what was expected, and how to mend it.
 */
export class FinetuneError extends Error {
  override name = 'FinetuneError';
  /** The message by lines. Another line break in it comes from a name that it tells of. */
  readonly lines: readonly string[];

  /** @param more `lines`, e.g. of a table, that come after the message */
  constructor(
    readonly code: ErrorCode,
    message: string,
    { lines = [], ...options }: { cause?: unknown; lines?: readonly string[] } = {},
  ) {
    super([message, ...lines].join('\n'), options);
    this.lines = [message, ...lines];
  }
}

/** @throws FinetuneError `bad-option`, always */
export function refuseOption(message: string): never {
  throw new FinetuneError('bad-option', message);
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * What to say of a name that nobody knows.
 * @returns e.g. `Did you mean epochs?`, or all names where none is near
 */
export function describeNearest(name: string, known: readonly string[]): string {
  const nearest = findNearest(name, known);
  return nearest === undefined ? `Expected one of: ${known.join(', ')}.` : `Did you mean ${nearest}?`;
}

/** The known name that a typing mistake or two, case, or dashes set apart from `name`. */
export function findNearest(name: string, known: readonly string[]): string | undefined {
  const most = name.length < 5 ? 1 : 2;
  const measured = known.map(each => ({ each, mistakes: countMistakes(plainly(name), plainly(each)) }));
  return measured.filter(({ mistakes }) => mistakes <= most).sort((a, b) => a.mistakes - b.mistakes)[0]?.each;
}

/** The name without what people write one way or another: case, dashes, underscores. */
function plainly(name: string): string {
  return name.toLowerCase().replace(/[-_ ]/g, '');
}

/** Letters to add, to drop, to replace, or to exchange with the next one (optimal string alignment). */
function countMistakes(left: string, right: string): number {
  const rows: number[][] = [Array.from({ length: right.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let row = 1; row <= left.length; row++) {
    rows.push([row]);
    for (let column = 1; column <= right.length; column++) {
      const isSame = left[row - 1] === right[column - 1];
      const isExchanged = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      rows[row]?.push(
        Math.min(
          at(row - 1, column) + 1,
          at(row, column - 1) + 1,
          at(row - 1, column - 1) + (isSame ? 0 : 1),
          isExchanged ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
  }
  return at(left.length, right.length);
}
