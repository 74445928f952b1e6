// Finds a Python that has Keras and TensorFlow, for whatever compares with Keras itself, and runs the scripts beside this one.

import { spawnSync } from 'node:child_process';
import { checkout } from '../checkout.js';

/** $FINETUNE_KERAS_PYTHON alone (`none` for none), else the checkout's .cache, else the system's own. */
const chosen = process.env.FINETUNE_KERAS_PYTHON;
const candidates = chosen === undefined ? [`${checkout}/.cache/keras/bin/python`, 'python3'] : [chosen];
const probe = 'import importlib.util as u; assert u.find_spec("keras") and u.find_spec("tensorflow")';

/** The interpreter, or undefined where there is none. */
export const kerasPython = candidates.find(python => spawnSync(python, ['-c', probe]).status === 0);

/** For `skip`: why tests with Keras do not run, or false. */
export const withoutKeras =
  kerasPython === undefined &&
  'no Python with Keras and TensorFlow: pip install tensorflow-cpu, or set FINETUNE_KERAS_PYTHON';

/** Runs a script of scripts/golden. */
export function runKeras(script: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(kerasPython!, [`${checkout}/scripts/golden/${script}`, ...args], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(`scripts/golden/${script} ${args.join(' ')}: ${stderr.slice(-2000)}`);
}
