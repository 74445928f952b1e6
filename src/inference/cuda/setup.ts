// CUDA made to work on this machine: what it lacks is said first, then the libraries come, then they are tried.

import { FinetuneError, messageOf } from '../../errors.js';
import type { OnnxGraph } from '../../formats/onnx/graph.js';
import type { Context } from '../../system/context.js';
import { type DeviceTrial, tryDevice } from '../device-trial.js';
import { installCuda } from './install.js';
import { provider } from './packages.js';
import { findCuda, installedRuntime } from './place.js';
import { isWhole } from './remove.js';
import { examineMachine, findObstacle } from './requirements.js';

/** How CUDA is set up. */
export interface CudaRequest {
  /** A folder that holds the wheels or the libraries; they are downloaded where nothing is said. */
  readonly from?: string | undefined;
  /** Whether a machine without a GPU will do, as for an image that runs elsewhere. */
  readonly unchecked: boolean;
}

/** What came of it. */
export interface CudaSetup {
  readonly directory: string;
  /** Whether the libraries were there before. */
  readonly wasInstalled: boolean;
  readonly onnxruntime: string;
  /** Names of the GPUs that the driver tells of. */
  readonly gpus: readonly string[];
  /** What was measured; absent where CUDA cannot be used here. */
  readonly trial?: DeviceTrial | undefined;
  /** Why it cannot be used here, where that will do. */
  readonly obstacle?: string | undefined;
}

/**
 * Sets CUDA up for ONNX Runtime, and tries it in a process of its own.
 * @throws FinetuneError `engine-missing` with what the machine lacks or what fails, `download-failed`
 */
export async function setUpCuda({ from, unchecked }: CudaRequest, context: Context): Promise<CudaSetup> {
  validateVersion();
  const machine = await examineMachine(context.signal);
  const obstacle = findObstacle(machine);
  if (obstacle !== undefined && (!unchecked || !machine.isSupported)) {
    const hint = machine.isSupported ? ' To install it all the same, for another machine: --unchecked.' : '';
    throw missing(`CUDA cannot be used here: ${obstacle}.${hint} Nothing was downloaded.`);
  }
  const found = findCuda();
  if (found !== undefined) context.emit({ type: 'setup', step: `checking ${found.directory}` });
  const wasInstalled = found !== undefined && (await isWhole(found));
  const { directory } = wasInstalled ? found : await installCuda(from, context);
  const result = {
    ...{ directory, wasInstalled, onnxruntime: provider.onnxruntime },
    gpus: machine.gpus.map(({ name }) => name),
  };
  context.emit({ type: 'setup', step: 'computing on the GPU' });
  try {
    return { ...result, trial: await tryCuda(context.signal) };
  } catch (error) {
    context.signal.throwIfAborted();
    if (unchecked) return { ...result, obstacle: messageOf(error) };
    throw missing(
      `CUDA's libraries are in ${directory}, and cannot be used: ${messageOf(error)}. ` +
        'Once that is mended, the same command checks again; with --remove it takes them away.',
      error,
    );
  }
}

/** @throws FinetuneError `engine-missing` where the installed ONNX Runtime is another than the provider is part of */
function validateVersion(): void {
  const installed = installedRuntime();
  if (installed === provider.onnxruntime) return;
  throw missing(
    `The CUDA provider that this version knows is part of ONNX Runtime ${provider.onnxruntime}, and ${installed} is ` +
      `installed. npm install onnxruntime-node@${provider.onnxruntime} changes that, or a newer finetune.`,
  );
}

function missing(message: string, cause?: unknown): FinetuneError {
  return new FinetuneError('engine-missing', message, { cause });
}

/**
 * Computes a convolution on CUDA and on the CPU. On a GPU that is newer than the libraries the first run compiles.
 * @throws Error with the reason why CUDA cannot be used
 */
function tryCuda(signal?: AbortSignal): Promise<DeviceTrial> {
  const input = Float32Array.from({ length: 2 * 8 * 8 * 3 }, (_, i) => Math.sin(i));
  return tryDevice('cuda', { graph: convolution(), images: [{ input, shape: [2, 8, 8, 3] }] }, signal);
}

function convolution(): OnnxGraph {
  const filter = { shape: [4, 3, 3, 3], data: Float32Array.from({ length: 108 }, (_, i) => Math.cos(i)) };
  return {
    name: 'convolution',
    nodes: [
      {
        ...{ op: 'Transpose', name: 'planes', inputs: ['input'], outputs: ['planes'] },
        attributes: { perm: { ints: [0, 3, 1, 2] } },
      },
      { op: 'Conv', name: 'sums', inputs: ['planes', 'filter'], outputs: ['sums'], attributes: {} },
    ],
    initializers: new Map([['filter', filter]]),
    input: { name: 'input', type: 'float32', shape: ['N', 8, 8, 3] },
    output: { name: 'sums', type: 'float32', shape: ['N', 4, 6, 6] },
    mapSizes: new Map(),
  };
}
