// What every pipeline carries down to its steps: whom to tell, and whether to go on.

import type { EmitEvent, PipelineEvent } from '../events.js';

/** Whom a step tells, and what stops it. Steps call `signal.throwIfAborted()` between images, batches and files. */
export interface Context {
  readonly emit: EmitEvent;
  readonly signal: AbortSignal;
}

/** The second argument of every verb of the library. */
export interface Callbacks {
  /** Hears of stages, counts, warnings and bad images. What it throws stops the work and rejects the promise. */
  readonly onEvent?: ((event: PipelineEvent) => void) | undefined;
  /** Stops the work within a second: nothing is left half-written, and the promise rejects with an `AbortError`. */
  readonly signal?: AbortSignal | undefined;
}

/** For steps that nobody listens to or stops. */
export const silent: Context = { emit: () => undefined, signal: new AbortController().signal };

/**
 * Does work that a caller may listen to and stop.
 * @throws an `AbortError` once the caller's signal is aborted; else what the caller's listener threw, unchanged
 */
export async function withContext<Result>(
  { onEvent, signal }: Callbacks,
  work: (context: Context) => Promise<Result>,
): Promise<Result> {
  const stop = new AbortController();
  const abort = () => stop.abort(abortError(signal?.reason));
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  const emit: EmitEvent = event => {
    if (stop.signal.aborted) return;
    try {
      onEvent?.(event);
    } catch (error) {
      stop.abort(error);
    }
  };
  try {
    stop.signal.throwIfAborted();
    const result = await work({ emit, signal: stop.signal });
    stop.signal.throwIfAborted();
    return result;
  } catch (error) {
    // Whatever a step makes of being stopped, the caller hears of the stop itself.
    throw stop.signal.aborted ? stop.signal.reason : error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

function abortError(cause: unknown): Error {
  const error = new Error('The work was stopped by its signal.', { cause });
  error.name = 'AbortError';
  return error;
}
