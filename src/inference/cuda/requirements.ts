// Whether this machine could compute on CUDA, as far as can be told without CUDA's libraries.

import { existsSync, readFileSync } from 'node:fs';
import { findGpus, type Gpu } from '../../system/gpus.js';
import { cudaNeeds } from './packages.js';
import { isCudaPlatform } from './place.js';

/** What a machine says of itself. */
export interface CudaMachine {
  /** e.g. `linux-x64` */
  readonly platform: string;
  readonly isSupported: boolean;
  /** The version of the NVIDIA driver; undefined where there is none, empty where it does not tell. */
  readonly driver: string | undefined;
  readonly gpus: readonly Gpu[];
}

/** Asks the kernel and the driver's own tool. */
export async function examineMachine(signal?: AbortSignal): Promise<CudaMachine> {
  const platform = `${process.platform}-${process.arch}`;
  if (!isCudaPlatform()) return { platform, isSupported: false, driver: undefined, gpus: [] };
  const gpus = await findGpus(signal);
  return { platform, isSupported: true, driver: gpus[0]?.driver ?? readDriver(), gpus };
}

/** Why CUDA cannot work on such a machine; undefined where nothing speaks against it. */
export function findObstacle({ platform, isSupported, driver, gpus }: CudaMachine): string | undefined {
  if (!isSupported)
    return `CUDA is for Linux on x64; this is ${platform}. On Windows and macOS, --device auto finds GPUs`;
  if (driver === undefined) {
    return (
      `there is no NVIDIA driver here. CUDA ${cudaNeeds.cuda} needs version ${cudaNeeds.driver} or later, ` +
      'from nvidia.com or the package nvidia-driver of your system'
    );
  }
  const major = Number.parseInt(driver, 10);
  if (major < cudaNeeds.driver) {
    return `the NVIDIA driver ${driver} is too old: CUDA ${cudaNeeds.cuda} needs version ${cudaNeeds.driver} or later`;
  }
  const [gpu] = gpus;
  if (gpu === undefined || gpus.some(each => each.computeCapability >= cudaNeeds.computeCapability))
    return undefined;
  return (
    `the ${gpu.name} is too old: it has compute capability ${gpu.computeCapability}, ` +
    `CUDA ${cudaNeeds.cuda} needs ${cudaNeeds.computeCapability} or later (Turing)`
  );
}

/** What helps where CUDA's libraries are not set up: they are no use without what `setup --cuda` asks for. */
export function adviseSetup(machine: CudaMachine): string {
  return findObstacle(machine) ?? 'its libraries are not set up. `finetune setup --cuda` does that';
}

/** From the kernel's module, or that of Windows' subsystem for Linux, which does not tell its version. */
function readDriver(): string | undefined {
  const file = '/proc/driver/nvidia/version';
  if (existsSync(file)) return parseDriver(readFileSync(file, 'utf8'));
  return existsSync('/dev/dxg') && existsSync('/usr/lib/wsl/lib/libcuda.so.1') ? '' : undefined;
}

/**
 * Finds the version in what the kernel's module says.
 * @example parseDriver('NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar 5') // '550.54.15'
 */
export function parseDriver(text: string): string {
  return /\b(\d{3,}\.\d+(\.\d+)?)\b/.exec(text)?.[1] ?? '';
}
