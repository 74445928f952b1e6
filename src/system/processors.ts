// How many processors there are for this process, a container's CPU limit counted in.

import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';

/** Threads that can truly run at once: the processors of this process' affinity, or fewer under a CPU limit. */
export function countProcessors(): number {
  return Math.min(availableParallelism(), processorLimit());
}

/**
 * The CPU limit of the control group that this process is in, in whole processors, at least 1; Infinity without one.
 * Node itself knows it only from version 22 on.
 * @param mount where control groups are mounted
 * @param membership the file that says which group the process is in
 */
export function processorLimit(mount = '/sys/fs/cgroup', membership = '/proc/self/cgroup'): number {
  const unified = groupsAbove(/^0::(.*)$/m.exec(read(membership))?.[1] ?? '/').map(group =>
    ratio(read(join(mount, group, 'cpu.max')).split(' ')),
  );
  const legacy = ratio([
    read(join(mount, 'cpu', 'cpu.cfs_quota_us')),
    read(join(mount, 'cpu', 'cpu.cfs_period_us')),
  ]);
  const limit = Math.min(...unified, legacy);
  return Number.isFinite(limit) ? Math.max(1, Math.round(limit)) : limit;
}

/** Whether the processor multiplies matrices of bytes in tiles (Intel's AMX). */
export function hasMatrixTiles(information = '/proc/cpuinfo'): boolean {
  return /^flags\s*:.*\bamx_int8\b/m.test(read(information));
}

/**
 * Whether sums of uint8 by int8 products may overflow: x64 processors without VNNI add them up in 16 bits.
 * Where the processor cannot be asked (not Linux), the answer is yes.
 */
export function overflowsByteSums(architecture = process.arch, information = '/proc/cpuinfo'): boolean {
  return architecture === 'x64' && !/^flags\s*:.*\b(avx512_vnni|avx_vnni)\b/m.test(read(information));
}

/** A group and everything that it is part of: the strictest limit counts. */
function groupsAbove(group: string): string[] {
  const parent = dirname(group);
  return parent === group ? [group] : [group, ...groupsAbove(parent)];
}

/** Microseconds of processor time per microseconds of period. */
function ratio([quota, period]: readonly (string | undefined)[]): number {
  const limit = Number(quota || Number.NaN) / Number(period || Number.NaN);
  return limit > 0 ? limit : Number.POSITIVE_INFINITY;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    // No such file: not Linux, or no limit of this kind.
    return '';
  }
}
