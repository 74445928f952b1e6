// Ctrl-C and its kin: the work is stopped as by any caller; what does not stop in time is ended, and what it has half
// written goes.

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Work that has not stopped by then is ended. */
const patienceMs = 3000;

const removals = new Set<() => void>();
let received: NodeJS.Signals | undefined;

/**
 * Says that this process is the command line, which listens to signals from now on. In any other, what a signal does is
 * up to that program.
 * @returns aborted by the first of them; a second one ends the process at once
 */
export function listenForInterrupts(): AbortSignal {
  const stop = new AbortController();
  for (const signal of signals) {
    process.on(signal, () => {
      if (received !== undefined) endAsInterrupted();
      received = signal;
      stop.abort(new Error(`The process received ${signal}.`));
      setTimeout(endAsInterrupted, patienceMs).unref();
    });
  }
  return stop.signal;
}

/** Where a signal has stopped the work, ends the process as if it had not listened: a shell sees that it was stopped. */
export function endAsInterrupted(): void {
  if (received === undefined) return;
  removeAll();
  for (const signal of signals) process.removeAllListeners(signal);
  process.kill(process.pid, received);
}

/**
 * Notes how something is removed that is worth nothing unless the work gets to its end: it goes when the process is
 * ended, by a signal or by `process.exit()`.
 * @returns forgets it again
 */
export function onInterrupt(remove: () => void): () => void {
  if (removals.size === 0) process.on('exit', removeAll);
  removals.add(remove);
  return () => {
    removals.delete(remove);
    if (removals.size === 0) process.off('exit', removeAll);
  };
}

function removeAll(): void {
  for (const remove of removals) remove();
}
