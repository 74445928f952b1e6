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
  | 'gate-failed';

/**
 * A mistake or a mishap outside the program: prints one message and exits 1.
 * The message says what happened, what was expected, and how to mend it.
 */
export class FinetuneError extends Error {
  override name = 'FinetuneError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
