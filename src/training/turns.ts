// Long computations on the main thread let others have their turn: a signal, a progress bar, the next batch's reading.

import { setImmediate } from 'node:timers/promises';

const millisecondsAtMost = 50;

/** @returns what to await between two steps: it gives way where 50 ms have passed, and throws once `signal` is aborted */
export function takingTurns(signal: AbortSignal): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last > millisecondsAtMost) {
      await setImmediate();
      last = performance.now();
    }
    signal.throwIfAborted();
  };
}
