// Whether a TensorFlow engine works: tried in another process, which a broken library can take down with it.

import * as v from 'valibot';
import { askChild } from '../../../system/child-process.js';
import type { TensorflowPlace } from '../place.js';

/** What the engine did. */
export type EngineCheck = v.InferOutput<typeof checkResult>;

const checkResult = v.object({
  device: v.picklist(['cpu', 'cuda']),
  /** As the library reports it, e.g. `2.21.0`. */
  version: v.string(),
});

/** On a new GPU the first run compiles kernels for it. */
const checkSeconds = 300;

/**
 * Starts the engine and computes a convolution and its gradients.
 * @throws Error with the reason, or with what the process wrote when it crashes
 */
export async function checkTensorflow(place: TensorflowPlace, signal?: AbortSignal): Promise<EngineCheck> {
  return v.parse(
    checkResult,

    await askChild(import.meta.url, './check-process', place, { seconds: checkSeconds, signal }),
  );
}
