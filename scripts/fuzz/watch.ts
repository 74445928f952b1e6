// Looks from another thread whether an execution comes to an end: a loop without end leaves no time to its own thread.

import { Worker } from 'node:worker_threads';

/** Seconds without a sign of life. */
const patience = 60;

/** Somebody who waits for signs of life. */
export interface Watcher {
  /** Another execution begins. */
  tick(): void;
  stop(): Promise<void>;
}

/**
 * Ends the process with SIGKILL where no execution ends for a minute, and says whose input did it.
 * @param input the folder in which that input lies, and stays
 */
export function watch(input: string, parser: string): Watcher {
  const ticks = new Int32Array(new SharedArrayBuffer(4));
  const thread = new Worker(source, { eval: true, workerData: { ticks, input, parser, patience } });
  thread.unref();
  return {
    tick: () => Atomics.add(ticks, 0, 1),
    stop: async () => {
      await thread.terminate();
    },
  };
}

const source = `
  const { workerData: { ticks, input, parser, patience } } = require('node:worker_threads');
  const { writeSync } = require('node:fs');
  let last = -1;
  setInterval(() => {
    const now = Atomics.load(ticks, 0);
    if (now === last) {
      writeSync(2, parser + ': no end after ' + patience + ' s; the input lies in ' + input + '\\n');
      process.kill(process.pid, 'SIGKILL');
    }
    last = now;
  }, patience * 1000);
`;
