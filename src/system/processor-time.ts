// Where processor time goes, step by step. Time that passes would mislead: with more threads than processors most of it
// is spent waiting for the others. So what is added up is what processors work:
//
// - A thread that runs JavaScript has a clock of its own (`ThreadClock`). It does one thing after another, so what its
//   clock went on since the previous mark belongs to the step that has just ended.
// - The decoder and the file system work in threads that belong to nobody (libuv's and libvips'). What the process as
//   a whole has used, less what is known of all other threads, is theirs: it counts as `decode`, and with it a little
//   garbage collection and the copying of files out of the system's cache.
// - A session with several threads has them to itself: their clocks count as `base` (`listThreads`, `readThreads`).
//
// So the steps add up to what the process has used. Linux has a clock per thread; elsewhere it is the time in which a
// thread's event loop was not idle, which is a little more.

import { openSync, readdirSync, readFileSync, readSync } from 'node:fs';

/** Seconds of processor time by step. */
export type ProcessorTimes = Readonly<Record<string, number>>;

/** Adds seconds up by step. */
export function addTimes(sum: Record<string, number>, times: ProcessorTimes): void {
  for (const [step, seconds] of Object.entries(times)) sum[step] = (sum[step] ?? 0) + seconds;
}

/** The clock of the thread that makes it. */
export class ThreadClock {
  readonly #read = openThreadClock();
  #last = this.#read();
  #times: Record<string, number> = {};

  /** Counts what the thread has worked since the previous mark as part of a step. */
  readonly mark = (step: string): void => {
    const now = this.#read();
    this.#times[step] = (this.#times[step] ?? 0) + now - this.#last;
    this.#last = now;
  };

  /** Seconds by step since this was last asked. */
  take(): ProcessorTimes {
    const times = this.#times;
    this.#times = {};
    return times;
  }
}

/** Opened once per thread and never closed: opening it would take ten times as long as reading it. */
let openClock: (() => number) | undefined;

function openThreadClock(): () => number {
  openClock ??= openLinuxClock() ?? (() => performance.eventLoopUtilization().active / 1000);
  return openClock;
}

function openLinuxClock(): (() => number) | undefined {
  try {
    // The link is followed now: the file stays that of the thread that opens it.
    const file = openSync('/proc/thread-self/schedstat', 'r');
    const text = Buffer.alloc(64);
    return () => Number.parseInt(text.toString('latin1', 0, readSync(file, text, 0, 64, 0)), 10) / 1e9;
  } catch {
    return undefined;
  }
}

/** The process' threads, as the system numbers them; none where it does not say. */
export function listThreads(): string[] {
  try {
    return readdirSync('/proc/self/task');
  } catch {
    return [];
  }
}

/** Seconds that threads have worked, all together; those that have ended count as nothing. */
export function readThreads(threads: readonly string[]): number {
  return threads.reduce((sum, thread) => {
    try {
      return sum + Number.parseInt(readFileSync(`/proc/self/task/${thread}/schedstat`, 'latin1'), 10) / 1e9;
    } catch {
      return sum;
    }
  }, 0);
}
