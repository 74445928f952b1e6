// A training begun on a few digits with a small backbone: what its later steps are given.
import { resolveOptions } from '../../../src/options.js';
import { beginTraining, type RunJob } from '../../../src/pipeline/train/begin.js';
import { trainOptions } from '../../../src/pipeline/train/options.js';
import { type Context, silent } from '../../../src/system/context.js';

const quick = { taps: 'max_pooling2d', mirror: 'no', precision: 'fp32', device: 'cpu', engine: 'wasm' };

/** @param given options of train: `data` and `backbone` among them */
export function beginOn(
  given: Readonly<Record<string, unknown>>,
  context: Context = silent,
): Promise<RunJob> {
  return beginTraining(resolveOptions(trainOptions, { ...quick, ...given }), context);
}
