// The base over all images of a training: once, on whatever is fastest here.

import type { DataSet, Split } from '../../data/data-set.js';
import { type DamageFindings, tellOfDamage } from '../../features/damage-sample.js';
import { describeWork } from '../../features/extract.js';
import { extractOrFallBack, type Runtimes } from '../../features/extract-or-fall-back.js';
import type { FeatureSet } from '../../features/feature-set.js';
import { chooseRuntime } from '../../features/runtime.js';
import type { Context } from '../../system/context.js';
import type { Job } from './begin.js';
import { divideAgain } from './divide-again.js';
import { tellOfImages } from './tell-of-data-set.js';
import { tellOfLongExtraction } from './time-options.js';

/** The images of a training, once all were seen. */
export interface SeenImages {
  readonly dataSet: DataSet;
  /** The split with what the images show of copies. */
  readonly split: Split;
  /** The features of every image as it is. */
  readonly features: FeatureSet;
  readonly runtimes: Runtimes;
  /** How long an image takes to go through the base, where there is a budget and it was measured. */
  readonly secondsPerImage: number | undefined;
}

/**
 * Extracts features of all images as they are, tells of those that are bad or damaged, and divides the rest.
 * @throws FinetuneError `bad-data-set` when a class is left without training images; the signal's reason once it is aborted
 */
export async function extractImages(job: Job, context: Context): Promise<SeenImages> {
  const { base, scanned, divided, plan, timer, opened } = job;
  const { emit, budget } = context;
  const chosen = await chooseJobRuntime(job, context);
  timer.step('precision');

  const onCpu = () => chooseJobRuntime(job, context, 'cpu');
  const damage: DamageFindings = new Map();
  const before = budget?.left() ?? 0;
  const { features: seen, runtime } = await extractOrFallBack(
    { ...divided, base, runtime: chosen, store: plan.store, damage },
    onCpu,
    tellOfLongExtraction(context),
  );
  opened.push(seen);
  const seconds = before - (budget?.left() ?? 0);
  tellOfImages(seen, emit);
  tellOfDamage(damage, seen.computed, emit);
  const division = { scanned, plan: plan.split, divided, features: seen };
  const { dataSet, split, features } = await divideAgain(division, context);
  timer.step('features');
  const secondsPerImage = budget && seen.computed > 0 ? seconds / seen.computed : undefined;
  return { dataSet, split, features, runtimes: { runtime, onCpu }, secondsPerImage };
}

function chooseJobRuntime({ base, divided, plan, options }: Job, context: Context, device = options.device) {
  const work = describeWork({ base, split: divided.split, store: plan.store });
  return chooseRuntime(base, { ...work, device, wanted: options.precision }, context);
}
