// How many addresses this process may use: `ulimit -v`. Libraries that get none end the process, with nothing to catch.

import { readFileSync } from 'node:fs';

/** In bytes: with less, Node, the decoder and ONNX Runtime do not all find room. */
export const leastAddressSpace = 1.5 * 2 ** 30;

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
