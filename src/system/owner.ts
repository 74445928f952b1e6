// Whose a file or folder is that is worth nothing without its process: named in the file's name or in the folder, so
// that the next process knows what a killed one has left.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * This process, among all of all machines: `HOST-PROCESS-START`. The host is part of it because machines and containers
 * that share a folder do not see each other's processes, the start because numbers of processes are used again.
 */
export function ownerName(): string {
  return `${hostMark()}-${process.pid}-${startOf(process.pid) ?? 0}`;
}

/** Whether a process is at work, as far as can be seen: those of other hosts count as such. */
export function isAtWork(owner: string): boolean {
  const [host, pid = '', start = ''] = owner.split('-');
  if (host !== hostMark()) return true;
  const started = startOf(Number(pid));
  // Where the kernel hides other users' processes, it tells at least that they are there.
  return started === undefined ? isThere(Number(pid)) : String(started) === start;
}

function hostMark(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
}

/** When a process was started, in the kernel's ticks; undefined where there is no such process, or no /proc. */
function startOf(pid: number): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The program's name, in brackets, may hold anything.
    return Number(status.slice(status.lastIndexOf(')') + 2).split(' ')[19]);
  } catch {
    return undefined;
  }
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process is there, though it may not be signalled.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
