// GPUs and engines: which one `--engine auto` takes, and why.

import { messageOf } from '../errors.js';
import type { Check } from '../system/check.js';
import { inGigabytes } from '../system/checks.js';
import { findGpus, type Gpu } from '../system/gpus.js';
import { findTensorflow, type TensorflowPlace } from './tensorflow/place.js';
import { checkTensorflow } from './tensorflow/setup/check.js';

/** Which CUDA devices there are. */
export async function checkGpus(signal?: AbortSignal): Promise<Check> {
  const gpus = await findGpus(signal);
  return {
    name: 'GPU',
    finding: gpus.map(renderGpu).join('; ') || 'no CUDA device',
    details: { devices: gpus },
  };
}

/** Which engine `--engine auto` takes; TensorFlow is tried out in a process of its own. */
export async function checkEngine(signal?: AbortSignal): Promise<Check> {
  const place = findTensorflow();
  const gpus = await findGpus(signal);
  if (place === undefined) return withoutTensorflow(gpus);
  try {
    return working(place, await checkTensorflow(place, signal), gpus);
  } catch (error) {
    signal?.throwIfAborted();
    return {
      name: 'Engine',
      finding: 'wasm, because TensorFlow does not load',
      details: {
        chosen: 'wasm',
        device: 'cpu',
        tensorflow: { directory: place.directory, error: messageOf(error) },
      },
      problem: `TensorFlow in ${place.directory}: ${messageOf(error)}`,
      remedy: 'finetune setup --tensorflow --remove, then finetune setup --tensorflow',
    };
  }
}

function withoutTensorflow(gpus: readonly Gpu[]): Check {
  return {
    name: 'Engine',
    finding: 'wasm, because TensorFlow is not installed',
    details: { chosen: 'wasm', device: 'cpu' },
    problem: 'Hidden layers and unfrozen blocks train far slower than they could.',
    remedy: setupCommand(gpus),
  };
}

function working(
  place: TensorflowPlace,
  { device, version }: { device: 'cpu' | 'cuda'; version: string },
  gpus: readonly Gpu[],
): Check {
  const idle = device === 'cpu' && gpus.length > 0;
  return {
    name: 'Engine',
    finding: `tensorflow on ${device === 'cuda' ? 'the GPU' : 'the CPU'}, the fastest that works here (TensorFlow ${version})`,
    details: {
      chosen: 'tensorflow',
      device,
      tensorflow: { version, directory: place.directory, bytes: place.record?.bytes },
    },
    ...(idle && { problem: 'The GPU is not used.', remedy: setupCommand(gpus) }),
  };
}

function setupCommand(gpus: readonly Gpu[]): string {
  return gpus.length > 0 ? 'finetune setup --tensorflow' : 'finetune setup';
}

function renderGpu({ name, memory, driver, computeCapability }: Gpu): string {
  return `${name}, ${inGigabytes(memory)}, driver ${driver}, compute capability ${computeCapability}`;
}
