// Checks what a run depends on: machine, libraries, engines, backbones, storage. Changes nothing.

import { checkEngine, checkGpus } from '../engines/checks.js';
import { checkBackbones, checkCache, checkFeatureStore } from '../features/checks.js';
import { checkDevices } from '../features/device-checks.js';
import { checkOnnxRuntime, checkSharp } from '../inference/checks.js';
import type { OptionTable } from '../option-kinds.js';
import type { Check, Diagnosis } from '../system/check.js';
import { checkMemory, checkNode, checkProcessors } from '../system/checks.js';
import { verb } from './verb.js';

/** In the order in which they are shown. */
const checks: readonly ((signal: AbortSignal) => Check | Promise<Check | Check[]>)[] = [
  checkNode,
  checkProcessors,
  checkMemory,
  checkSharp,
  checkOnnxRuntime,
  signal => checkDevices({ signal }),
  checkGpus,
  checkEngine,
  checkBackbones,
  checkCache,
  checkFeatureStore,
];

/** Options of `doctor`: none. */
export const doctorOptions = {} as const satisfies OptionTable;

/** Checks everything at once. Takes about two seconds where a TensorFlow engine is tried out. */
export const doctor = verb(
  doctorOptions,
  async (_options, { signal }): Promise<Diagnosis> => ({
    checks: (await Promise.all(checks.map(check => check(signal)))).flat(),
  }),
);
