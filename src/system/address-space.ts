// How many addresses this process may use: `ulimit -v`. Libraries that get none end the process, with nothing to catch.

import { readFileSync } from 'node:fs';
import { countProcessors } from './processors.js';

/** In bytes: with less, Node, the decoder and ONNX Runtime do not all find room. */
const leastAddressSpace = 1.5 * 2 ** 30;

/** What a thread reserves, and what the wasm engine does. */
const bytesPerThread = 2 ** 30;
const engineBytes = 10.5 * 2 ** 30;

/** Commands that start threads, and the engine. */
const trainingCommands = ['train', 'lr-find', 'inspect', 'backbones'];

/** What this process needs for a thread per processor, in bytes. */
export function addressSpaceForThreads(): number {
  return leastAddressSpace + countProcessors() * bytesPerThread;
}

/** What a command needs at least, in bytes. */
export function addressSpaceFor(command: string | undefined): number {
  const isTraining = command !== undefined && trainingCommands.includes(command);
  return isTraining ? addressSpaceForThreads() + engineBytes : leastAddressSpace;
}

/**
 * The limit in bytes; Infinity where there is none, or where the process cannot be asked (not Linux).
 * @param limits the file that lists the limits of the process
 */
export function addressSpaceLimit(limits = '/proc/self/limits'): number {
  try {
    const [, soft] = /^Max address space +(\d+) /m.exec(readFileSync(limits, 'utf8')) ?? [];
    return Number(soft ?? Number.POSITIVE_INFINITY);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
