// The most memory that this process has held at a time.

import { readFileSync } from 'node:fs';

/**
 * Peak resident size in bytes. On Linux the kernel's own mark of this program is read: what `resourceUsage` tells there
 * begins with the size of the parent process.
 */
export function readPeakMemory(): number {
  return 1024 * (readMark() ?? process.resourceUsage().maxRSS);
}

/** In KiB; undefined where there is no /proc. */
function readMark(): number | undefined {
  try {
    const [, mark] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
    return mark === undefined ? undefined : Number(mark);
  } catch {
    return undefined;
  }
}
