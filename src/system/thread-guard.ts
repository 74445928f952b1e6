// What threads and the thread that started them have in common: a flag that tells them to stop, and a count of those
// that are at work. ONNX Runtime and the decoder end the process with an abort when their thread is taken away from
// them, and `process.exit()`, in a listener or anywhere else, takes all threads away: so it has to wait for the count.

import { setTimeout } from 'node:timers/promises';

/** Memory that all threads see: whether to stop, and how many are at work. */
export type SharedState = Int32Array<SharedArrayBuffer>;

const stopFlag = 0;
const atWork = 1;

/** How long the end of the process is put off, at most: an image takes a fraction of it. */
const longestWaitMs = 5000;

/** Begins with as many threads at work as are being started. */
export function shareState(threads: number): SharedState {
  const state = new Int32Array(new SharedArrayBuffer(8));
  Atomics.store(state, atWork, threads);
  return state;
}

/** Tells all threads to begin nothing new. */
export function tellToStop(state: SharedState): void {
  Atomics.store(state, stopFlag, 1);
}

/** Stops this thread, whatever else would happen on it, until no other one is at work. */
export function waitUntilIdle(state: SharedState): void {
  tellToStop(state);
  const end = performance.now() + longestWaitMs;
  for (;;) {
    const count = Atomics.load(state, atWork);
    const rest = end - performance.now();
    if (count <= 0 || rest <= 0) return;
    Atomics.wait(state, atWork, count, rest);
  }
}

/**
 * Waits until no thread is at work, however long that takes; this thread may do other things meanwhile.
 * @param hasFailed whether a thread has died, in which case it may count as at work for ever
 */
export async function whenIdle(state: SharedState, hasFailed: () => boolean): Promise<void> {
  tellToStop(state);
  const end = performance.now() + longestWaitMs;
  while (Atomics.load(state, atWork) > 0) {
    if (hasFailed() && performance.now() > end) return;
    await setTimeout(pollMs);
  }
}

const pollMs = 5;

/** In a thread: begins some work. @returns false where none is to be begun any more */
export function beginWork(state: SharedState): boolean {
  Atomics.add(state, atWork, 1);
  if (!isToStop(state)) return true;
  endWork(state);
  return false;
}

/** In a thread: whether what has been begun is to be left unfinished, where that is possible. */
export function isToStop(state: SharedState): boolean {
  return Atomics.load(state, stopFlag) !== 0;
}

/** In a thread: ends what was begun, or its start. */
export function endWork(state: SharedState): void {
  Atomics.sub(state, atWork, 1);
  Atomics.notify(state, atWork);
}
