// The CUDA GPUs of this machine, as the driver's own tool reports them.

import { runProgram } from './run-program.js';

/** One GPU. */
export interface Gpu {
  readonly name: string;
  /** Bytes of its own memory. */
  readonly memory: number;
  /** Bytes of it that nobody uses. */
  readonly freeMemory: number;
  readonly driver: string;
  /** e.g. 8.6 for an Ampere, 9 for a Hopper. */
  readonly computeCapability: number;
}

/**
 * Empty where there is no NVIDIA driver.
 * @throws the signal's reason once it is aborted
 */
export async function findGpus(signal?: AbortSignal): Promise<Gpu[]> {
  const query = '--query-gpu=name,memory.total,memory.free,driver_version,compute_cap';
  try {
    const lines = await runProgram('nvidia-smi', [query, '--format=csv,noheader,nounits'], {
      timeoutSeconds: 20,
      signal,
    });
    return lines.trim().split('\n').flatMap(parseGpu);
  } catch {
    signal?.throwIfAborted();
    // Not installed, or no GPU answers: both mean that there is none to use.
    return [];
  }
}

/** `NVIDIA H200, 143771, 143158, 550.54.15, 9.0`; memory in MiB. */
export function parseGpu(line: string): Gpu[] {
  const [name, memory, free, driver, capability] = line.split(',').map(each => each.trim());
  if (name === undefined || driver === undefined || capability === undefined) return [];
  const bytesOf = (mebibytes: string | undefined) => Number(mebibytes) * 1024 ** 2;
  return [
    {
      name,
      memory: bytesOf(memory),
      freeMemory: bytesOf(free),
      driver,
      computeCapability: Number(capability),
    },
  ];
}
