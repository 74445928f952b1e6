// Looks at what a run depends on: machine, libraries, engines, backbones, storage. Changes nothing.

import { checkEngine, checkGpus } from '../engines/checks.js';
import { checkBackbones, checkCache, checkFeatureStore } from '../features/checks.js';
import { checkOnnxRuntime, checkSharp } from '../inference/checks.js';
import type { Check, Diagnosis } from '../system/check.js';
import { checkMemory, checkNode, checkProcessors } from '../system/checks.js';

/** In the order in which they are shown. */
const looks: readonly (() => Check | Promise<Check>)[] = [
  checkNode,
  checkProcessors,
  checkMemory,
  checkSharp,
  checkOnnxRuntime,
  checkGpus,
  checkEngine,
  checkBackbones,
  checkCache,
  checkFeatureStore,
];

/** Takes about two seconds where a TensorFlow engine is tried out. */
export async function diagnose(): Promise<Diagnosis> {
  return { checks: await Promise.all(looks.map(look => look())) };
}
