// Whether a TensorFlow engine works: tried in another process, which a broken library can take down with it.

import { fork } from 'node:child_process';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { TensorflowPlace } from '../tensorflow-place.js';

/** What the engine did. */
export type EngineCheck = z.infer<typeof checkResult>;

/** Why it did not. */
export type CheckFailure = z.infer<typeof checkFailure>;

const checkFailure = z.object({ failure: z.string() });

const checkResult = z.object({
  device: z.enum(['cpu', 'cuda']),
  /** As the library reports it, e.g. `2.21.0`. */
  version: z.string(),
});

/** On a new GPU the first run compiles kernels for it. */
const checkSeconds = 300;

/**
 * Starts the engine and computes a convolution and its gradients.
 * @throws Error with the reason, or with what the process wrote when it crashes
 */
export async function checkTensorflow(place: TensorflowPlace): Promise<EngineCheck> {
  const program = fileURLToPath(new URL(`./check-process${extname(import.meta.url)}`, import.meta.url));
  const child = fork(program, [JSON.stringify(place)], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    timeout: checkSeconds * 1000,
  });
  const written: Buffer[] = [];
  child.stderr?.on('data', (chunk: Buffer) => written.push(chunk));
  const result = await new Promise<unknown>((resolve, reject) => {
    child.once('message', resolve);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const text = Buffer.concat(written).toString().trim().split('\n').slice(-4).join('\n');
      reject(new Error(text || `the process ended with ${signal ?? code}`));
    });
  });
  const failure = checkFailure.safeParse(result);
  if (failure.success) throw new Error(failure.data.failure);
  return checkResult.parse(result);
}
