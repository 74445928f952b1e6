// The fast engine: TensorFlow's C library through @tensorflow/tfjs-node-gpu, on a CUDA GPU or on all processors.

import { createRequire } from 'node:module';
import { join } from 'node:path';
import util from 'node:util';
import type { KernelBackend } from '@tensorflow/tfjs-core';
import type { Engine } from '../engine.js';
import { registerGradients } from '../gradients.js';
import { tf } from '../tfjs.js';
import { registerAdam } from './apply-adam.js';
import type { TensorflowBackend } from './backend.js';
import { completeKernels } from './kernels.js';
import { registerMaxPool } from './max-pool.js';
import { findBindings, type TensorflowPlace } from './place.js';

interface BackendModule {
  readonly NodeJSKernelBackend: new (addon: object, packageName: string) => KernelBackend & TensorflowBackend;
  /** The attribute that says of what type an operation's tensors are. */
  createTensorsTypeOpAttr(name: string, dtype: 'float32'): object;
}

/**
 * Loads the library, starts the backend and makes it tfjs' current one.
 * @param describe what the user is told, given the device that the library found
 * @throws Error when the library does not load on this machine
 */
export async function startTensorflow(
  place: TensorflowPlace,
  describe: (device: 'cuda' | 'cpu') => string,
): Promise<Engine> {
  tf.env().set('PROD', true);
  if (!tf.findBackend('tensorflow')) registerTensorflow(place);
  if (!(await tf.setBackend('tensorflow'))) {
    tf.removeBackend('tensorflow');
    throw new Error(`TensorFlow in ${place.directory} does not start.`);
  }
  const device = startedBackend().isUsingGpuDevice ? 'cuda' : 'cpu';
  if (device === 'cpu') {
    registerAdam('tensorflow');
    registerMaxPool('tensorflow');
  }
  return { name: 'tensorflow', device, description: describe(device) };
}

function startedBackend(): TensorflowBackend {
  return tf.findBackend('tensorflow') as KernelBackend & TensorflowBackend;
}

function registerTensorflow(place: TensorflowPlace): void {
  const bindings = findBindings(place.directory);
  if (bindings === undefined) throw new Error('The npm package @tensorflow/tfjs-node-gpu is not installed.');
  setVariables();
  supplyRemovedFunctions();
  const require = createRequire(join(bindings, 'package.json'));
  if (place.quietLoader !== undefined) require(place.quietLoader);
  const addon: object = require(place.addon);
  const { NodeJSKernelBackend, createTensorsTypeOpAttr } =
    require('./dist/nodejs_kernel_backend.js') as BackendModule;
  require('./dist/register_all_kernels.js');
  completeKernels((name, inputs) =>
    startedBackend().executeSingleOutput(name, [createTensorsTypeOpAttr('T', 'float32')], inputs),
  );
  registerGradients();
  tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(addon, '@tensorflow/tfjs-node-gpu'), 3);
}

/** Read by the library while it loads; what the user has set stays. */
function setVariables(): void {
  // Errors only: TensorFlow tells on standard error of every device and optimization that it finds.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  // Grow on demand. By default TensorFlow takes all of a GPU's memory, others' too.
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
  // Same seed, same run, on a GPU too.
  process.env.TF_DETERMINISTIC_OPS ??= '1';
}

/**
 * The package calls functions of Node's `util` that Node 22 warns of and Node 23 removed (tensorflow/tfjs issue 8425).
 * Those that do the same take their place.
 */
function supplyRemovedFunctions(): void {
  const functions = util as unknown as Record<string, unknown>;
  functions.isNullOrUndefined = (value: unknown) => value === null || value === undefined;
  functions.isArray = Array.isArray;
}
