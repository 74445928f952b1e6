// What networks run on: a row per device. What is not in the table does not exist; what is, was compared with the CPU
// in a process of its own before anything relies on it (device-trial.ts).

import { existsSync } from 'node:fs';
import { freemem } from 'node:os';
import { FinetuneError } from '../errors.js';
import { findGpus } from '../system/gpus.js';
import { cudaNeeds } from './cuda/packages.js';
import { findCuda, isCudaPlatform } from './cuda/place.js';
import { importRuntime } from './runtime.js';

/** As a user names a device. */
export type DeviceName = 'cpu' | 'cuda' | 'webgpu' | 'coreml' | 'dml';

/** One kind of device. */
export interface Device {
  /** What has to be there, for a message. */
  readonly needs: string;
  /** Images that go through a network at once; fewer where they do not fit. */
  readonly batchSize: number;
  /** Bytes that nobody uses; where the device does not tell, what every GPU has. */
  freeMemory(): Promise<number>;
  /** Whether this machine seems to have one: asked before a trial, so it must take no time. */
  isLikely(): boolean;
}

/** Taken for free on a device that does not tell. */
const leastMemory = 2 ** 30;

/** What a Linux machine has where there is a GPU: a render node, NVIDIA's own, or that of Windows' subsystem. */
const gpuNodes = ['/dev/dri', '/dev/nvidia0', '/dev/dxg'];

/** NVIDIA's own, or that of Windows' subsystem. */
const hasNvidiaGpu = () => isCudaPlatform() && gpuNodes.slice(1).some(path => existsSync(path));

const hasGpu = () => process.platform !== 'linux' || gpuNodes.some(path => existsSync(path));

/** By name; ONNX Runtime's execution providers have the same names. */
export const devices: Readonly<Record<DeviceName, Device>> = {
  cpu: { needs: 'nothing', batchSize: 1, freeMemory: async () => freemem(), isLikely: () => true },
  cuda: {
    needs: `Linux on x64 and an NVIDIA GPU with a driver of version ${cudaNeeds.driver} or later`,
    batchSize: 64,
    freeMemory: async () => (await findGpus())[0]?.freeMemory ?? leastMemory,
    isLikely: () => hasNvidiaGpu() && findCuda() !== undefined,
  },
  webgpu: {
    needs: 'a GPU with a driver for Vulkan, Direct3D 12 or Metal',
    ...{ batchSize: 8, freeMemory: async () => leastMemory, isLikely: hasGpu },
  },
  coreml: {
    needs: 'macOS',
    ...{ batchSize: 8, freeMemory: async () => leastMemory },
    isLikely: () => process.platform === 'darwin',
  },
  dml: {
    needs: 'Windows, and a GPU with a driver for Direct3D 12',
    ...{ batchSize: 8, freeMemory: async () => leastMemory },
    isLikely: () => process.platform === 'win32',
  },
};

/** Every device that a user can name. */
export const deviceNames = [
  'cpu',
  'cuda',
  'webgpu',
  'coreml',
  'dml',
] as const satisfies readonly DeviceName[];

/** The devices beside the CPU that this build of ONNX Runtime carries and this machine seems to have. */
export async function listLikelyDevices(): Promise<DeviceName[]> {
  const likely = deviceNames.filter(name => name !== 'cpu' && devices[name].isLikely());
  // The runtime takes a while to load: a machine without a GPU is told so at once.
  if (likely.length === 0) return [];
  const carried = await listCarriedDevices();
  return likely.filter(name => carried.includes(name));
}

/** @throws FinetuneError `engine-missing` for a device that this build of ONNX Runtime does not carry */
export async function validateDevice(name: DeviceName): Promise<void> {
  const carried = await listCarriedDevices();
  if (carried.includes(name)) return;
  throw new FinetuneError(
    'engine-missing',
    `--device ${name} needs ${devices[name].needs}. On ${process.platform}-${process.arch} there can be: ` +
      `${carried.join(', ')}. Name one of these, or --device auto, which also overrules a configuration file.`,
  );
}

/** The devices that this build of ONNX Runtime can speak to; whether there is one is another question. */
export async function listCarriedDevices(): Promise<DeviceName[]> {
  const { listSupportedBackends } = await importRuntime();
  const carried = new Set<string>(
    listSupportedBackends().flatMap(({ name, bundled }) => (bundled ? name : [])),
  );
  // Its provider comes apart from the rest: where it is not yet, a message says how to get it.
  if (isCudaPlatform()) carried.add('cuda');
  return deviceNames.filter(name => carried.has(name));
}
