// Threads that are told to finish and waited for, however the work ends: thread-guard.ts says why.

import { Piscina } from 'piscina';
import { type SharedState, shareState, waitUntilIdle, whenIdle } from './thread-guard.js';

/** Threads, and what ends them. */
export interface GuardedThreads {
  readonly pool: Piscina;
  readonly state: SharedState;
  /** Tells the threads to finish, and waits for them. */
  readonly stop: () => Promise<void>;
}

/** What each thread runs, and what it is given. */
export interface ThreadPlan
  extends Partial<Pick<Piscina['options'], 'concurrentTasksPerWorker' | 'resourceLimits'>> {
  readonly file: URL;
  readonly count: number;
  /** Each thread counts as at work in the state when it starts. */
  readonly workerData: (state: SharedState) => object;
}

/** Starts so many threads, all at once. */
export function startGuardedThreads({ file, count, workerData, ...options }: ThreadPlan): GuardedThreads {
  const state = shareState(count);
  const pool = new Piscina({
    ...options,
    filename: file.href,
    minThreads: count,
    maxThreads: count,
    // Else a thread without a task stands still, and what it has begun by itself never ends: its start.
    atomics: 'disabled',
    // Loaders of the program that uses this one are not for these threads.
    execArgv: [],
    workerData: workerData(state),
  });
  let hasFailed = false;
  // Whoever waits for a thread's result hears of its failure, too.
  pool.on('error', () => {
    hasFailed = true;
  });
  const beforeExit = () => waitUntilIdle(state);
  // Before anything is removed that threads may be reading.
  process.prependListener('exit', beforeExit);
  const stop = async () => {
    // Piscina's own `close` does not wait for all threads where several have work.
    await whenIdle(state, () => hasFailed || pool.threads.length < count);
    await pool.destroy();
    process.off('exit', beforeExit);
  };
  return { pool, state, stop };
}
