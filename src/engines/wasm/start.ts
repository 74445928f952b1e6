// The portable engine: tfjs' WebAssembly backend, taught to train. Runs wherever Node runs; a thread of it works alone.

import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import { FinetuneError } from '../../errors.js';
import type { Engine } from '../engine.js';
import { registerGradients } from '../gradients.js';
import { tf } from '../tfjs.js';
import { openGemm } from './gemm.js';
import { multiplyBy } from './kernels/steps.js';
import { registerWasmKernels } from './kernels/table.js';

const require = createRequire(import.meta.url);

/**
 * Starts the wasm backend and makes it tfjs' current one.
 * @param description what the user is told of this choice
 * @throws FinetuneError `engine-missing` where WebAssembly gets no memory
 */
export async function startWasm(description: string): Promise<Engine> {
  // tfjs' advice (other packages, deprecations) is for its callers, not for our users.
  tf.env().set('PROD', true);
  // By `require`, see gradients.ts.
  const wasm = require('@tensorflow/tfjs-backend-wasm') as typeof import('@tensorflow/tfjs-backend-wasm');
  wasm.setWasmPaths(binariesDirectory());
  registerGradients();
  registerWasmKernels();
  multiplyBy(await openGemm());
  if (!(await keepingProcessListeners(() => tf.setBackend('wasm')))) {
    throw new FinetuneError(
      'engine-missing',
      'The wasm engine does not start: WebAssembly gets no memory. It reserves 10 GB of addresses without filling ' +
        'them: where these are limited (ulimit -v), raise the limit.',
    );
  }
  return { name: 'wasm', device: 'cpu', description };
}

/** The `.wasm` files lie beside the package's main file, wherever npm has put it. */
function binariesDirectory(): string {
  return dirname(require.resolve('@tensorflow/tfjs-backend-wasm')) + sep;
}

/**
 * Emscripten's start code catches the whole process' errors only to throw them again, from a line of
 * minified code 100 kB long: an unrelated mistake would print that. Its listeners are taken off.
 */
async function keepingProcessListeners(start: () => Promise<boolean>): Promise<boolean> {
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = events.map(event => new Set<unknown>(process.rawListeners(event)));
  const hasStarted = await start();
  events.forEach((event, index) => {
    for (const listener of process.rawListeners(event)) {
      if (!before[index]?.has(listener)) process.off(event, listener as () => void);
    }
  });
  return hasStarted;
}
