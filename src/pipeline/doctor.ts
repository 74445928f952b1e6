// Looks at what a run depends on: machine, libraries, engines, backbones, storage. Changes nothing.

import type { Check, Diagnosis } from '../types.js';
import { checkEngine, checkGpus } from './checks/engines.js';
import { checkOnnxRuntime, checkSharp } from './checks/libraries.js';
import { checkMemory, checkNode, checkProcessors } from './checks/machine.js';
import { checkBackbones, checkCache, checkFeatureStore } from './checks/storage.js';

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
