// The features of a head, all of them computed by the same device: one that fails while mirrored views go through it would
// leave those of the CPU beside its own, which differ in the last digits.

import { type Extraction, extractFeatures } from '../../features/extract.js';
import { type Extracted, orOnCpu, type Runtimes } from '../../features/extract-or-fall-back.js';
import type { Context } from '../../system/context.js';
import {
  type ChosenFeatures,
  chooseFeatures,
  type FeatureChoices,
  type FeaturePlan,
} from './choose-features.js';

/** What is chosen from, and where more of it comes from. */
export interface DeviceChoices extends Omit<FeatureChoices, 'extract' | 'base'> {
  readonly extraction: Omit<Extraction, 'base' | 'runtime'> & Pick<FeatureChoices, 'base'>;
  /** The one that has computed the features is the runtime. */
  readonly runtimes: Runtimes;
  readonly plan: FeaturePlan;
  /** Told before views are extracted, and afterwards. */
  readonly onStep: (step: 'head' | 'features') => void;
}

/** What was chosen, and what has computed it. */
export interface ChosenOnDevice extends Pick<Extracted, 'runtime'> {
  readonly chosen: ChosenFeatures;
}

/**
 * Chooses the features of a head, as `chooseFeatures` does. Where the device fails, the features that were given are closed, and
 * the CPU computes them anew.
 */
export async function chooseOnOneDevice(
  { extraction, runtimes, plan, onStep, features: given, ...choices }: DeviceChoices,
  context: Context,
): Promise<ChosenOnDevice> {
  const choose = async (runtime: Extracted['runtime']) => {
    const isFirst = runtime === runtimes.runtime;
    if (!isFirst) given.close();
    const features = isFirst ? given : await extractFeatures({ ...extraction, runtime }, context);
    const extract: FeatureChoices['extract'] = async views => {
      onStep('head');
      const seen = await extractFeatures({ ...extraction, runtime, views }, context);
      onStep('features');
      return seen;
    };
    const { base } = extraction;
    const chosen = await chooseFeatures({ ...choices, base, features, extract }, plan, context);
    if (chosen.mirrored && !isFirst) features.close();
    return { chosen, runtime };
  };
  return await orOnCpu(runtimes, choose, context);
}
