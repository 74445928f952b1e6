// What every pipeline carries down to its steps: whom to tell, and whether to go on.

import { FinetuneError } from '../errors.js';
import type { EmitEvent, PipelineEvent } from '../events.js';
import type { TimeBudget } from './time-budget.js';

/** Whom a step tells, and what stops it. Steps call `signal.throwIfAborted()` between images, batches and files. */
export interface Context {
  readonly emit: EmitEvent;
  readonly signal: AbortSignal;
  /** The time for the whole job; absent: it takes as long as it takes. */
  readonly budget?: TimeBudget | undefined;
}

/** The second argument of every verb of the library. */
export interface Callbacks {
  /** Hears of stages, counts, warnings and bad images. What it throws stops the work and rejects the promise. */
  readonly onEvent?: ((event: PipelineEvent) => void) | undefined;
  /**
   * Stops the work within a second: nothing is left half-written, and the promise rejects with an `AbortError`. What
   * comes when the work is done, and a run saved, changes nothing.
   */
  readonly signal?: AbortSignal | undefined;
}

/** For steps that nobody listens to or stops. */
export const silent: Context = { emit: () => undefined, signal: new AbortController().signal };

/**
 * Does work that a caller may listen to and stop.
 * An abort that comes when the work is done changes nothing: what it saved is there, and the caller hears of it.
 * @throws an `AbortError` once the caller's signal has stopped the work; else what the caller's listener threw, unchanged
 */
export async function withContext<Result>(
  callbacks: Callbacks,
  work: (context: Context) => Promise<Result>,
): Promise<Result> {
  const watch = watchCaller(callbacks);
  try {
    watch.signal.throwIfAborted();
    const result = await work(watch);
    watch.throwOfListener();
    return result;
  } catch (error) {
    throw watch.explain(error);
  } finally {
    watch.end();
  }
}

/**
 * The same for work that gives its results one by one.
 * @throws as `withContext` does, where the caller asks for the next result
 */
export async function* streamWithContext<Result>(
  callbacks: Callbacks,
  work: (context: Context) => AsyncGenerator<Result>,
): AsyncGenerator<Result> {
  const watch = watchCaller(callbacks);
  try {
    watch.signal.throwIfAborted();
    for await (const result of work(watch)) {
      watch.signal.throwIfAborted();
      yield result;
    }
    watch.signal.throwIfAborted();
  } catch (error) {
    throw watch.explain(error);
  } finally {
    watch.end();
  }
}

interface Watch extends Context {
  /** Whatever a step makes of being stopped, the caller hears of the stop itself. */
  explain(error: unknown): unknown;
  /** @throws what the caller's listener threw */
  throwOfListener(): void;
  end(): void;
}

function watchCaller(callbacks: Callbacks): Watch {
  validateCallbacks(callbacks);
  const { onEvent, signal } = callbacks;
  const stop = new AbortController();
  const abort = () => stop.abort(abortError(signal?.reason));
  let hasFailed = false;
  const fail = (error: unknown) => {
    hasFailed ||= !stop.signal.aborted;
    stop.abort(error);
  };
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  return {
    signal: stop.signal,
    emit(event) {
      if (stop.signal.aborted) return;
      try {
        // An async listener is not waited for, but what it throws counts.
        Promise.resolve(onEvent?.(event)).catch(fail);
      } catch (error) {
        fail(error);
      }
    },
    explain: error => (stop.signal.aborted ? stop.signal.reason : error),
    throwOfListener() {
      if (hasFailed) throw stop.signal.reason;
    },
    end: () => signal?.removeEventListener('abort', abort),
  };
}

function validateCallbacks(callbacks: Callbacks): void {
  const names = typeof callbacks === 'object' && callbacks !== null ? Object.keys(callbacks) : ['a value'];
  const unknown = names.find(name => name !== 'onEvent' && name !== 'signal');
  if (unknown !== undefined) throw wrongCallbacks(unknown);
  const { onEvent, signal } = callbacks;
  if (onEvent !== undefined && typeof onEvent !== 'function') {
    throw wrongCallbacks(`onEvent as ${typeof onEvent}`);
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw wrongCallbacks(`signal as ${typeof signal}`);
  }
}

function wrongCallbacks(received: string): FinetuneError {
  return new FinetuneError(
    'bad-option',
    'The second argument is an object with onEvent, a function, and signal, an AbortSignal, both optional. ' +
      `Received: ${received}.`,
  );
}

function abortError(cause: unknown): Error {
  const error = new Error('The work was stopped by its signal.', { cause });
  error.name = 'AbortError';
  return error;
}
