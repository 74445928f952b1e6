// Choosing an engine and starting it. tfjs is imported here and nowhere before, since it takes a while.

import { existsSync } from 'node:fs';
import { FinetuneError, messageOf } from '../errors.js';
import type { Engine, EngineName } from './engine.js';
import { findTensorflow, type TensorflowPlace } from './tensorflow/place.js';

export type { Engine, EngineName } from './engine.js';

/**
 * Starts the engine that was asked for, or with `auto` the fastest that is here: tensorflow, else wasm.
 * @throws FinetuneError `engine-missing` when tensorflow is asked for and is not here or does not load
 */
export async function startEngine(requested: 'auto' | EngineName): Promise<Engine> {
  if (requested === 'wasm') return startWasm('Engine: wasm on the CPU, as asked for.');
  const place = findTensorflow();
  if (place === undefined) {
    if (requested === 'tensorflow') throw missing('The tensorflow engine is not installed.');
    return startWasm('Engine: wasm on the CPU.');
  }
  try {
    return await startTensorflow(place);
  } catch (error) {
    const reason = `TensorFlow in ${place.directory} does not load: ${messageOf(error)}`;
    if (requested === 'tensorflow') throw missing(reason, error);
    return startWasm(`Engine: wasm on the CPU. ${reason}. \`finetune setup\` mends it.`);
  }
}

async function startWasm(description: string): Promise<Engine> {
  const { startWasm: start } = await import('./wasm/start.js');
  return start(description);
}

async function startTensorflow(place: TensorflowPlace): Promise<Engine> {
  const { startTensorflow: start } = await import('./tensorflow/start.js');
  const version = place.record ? `TensorFlow ${place.record.tensorflow}` : 'tensorflow';
  return start(place, device => {
    if (device === 'cuda') return `Engine: ${version} on the GPU.`;
    const remedy = hasNvidiaDriver() ? ' A GPU is here: `finetune setup --tensorflow` makes use of it.' : '';
    return `Engine: ${version} on the CPU.${remedy}`;
  });
}

/** The kernel module's own file: asking `nvidia-smi` would take a second at every start. */
function hasNvidiaDriver(): boolean {
  return existsSync('/proc/driver/nvidia/version');
}

function missing(what: string, cause?: unknown): FinetuneError {
  const message = `${what} \`finetune setup\` installs it; --engine wasm, or no --engine, works without.`;
  return new FinetuneError('engine-missing', message, { cause });
}
