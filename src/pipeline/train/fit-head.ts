// The head on the frozen base: its features are chosen, it is fitted on them, and cross-validated where that is asked for.

import { computeFloatFeatures } from '../../runs/compare.js';
import type { Context } from '../../system/context.js';
import { type CrossValidationRequest, crossValidateFit } from '../../training/cross-validate.js';
import type { TrainingData } from '../../training/data.js';
import { type Fit, fit } from '../../training/fit.js';
import { type FitPlan, planFit } from '../../training/plan.js';
import type { Job } from './begin.js';
import type { ChosenFeatures } from './choose-features.js';
import { type ChosenOnDevice, chooseOnOneDevice } from './choose-on-one-device.js';
import type { SeenImages } from './extract-images.js';
import type { Stage } from './stage.js';

/** A fitted head, and what is known from the way there. */
export interface FittedHead {
  readonly stage: Stage;
  readonly fitPlan: FitPlan;
  /** Left and right matter, or nobody wants mirrors. */
  readonly refusesMirrors: boolean;
  /** Features of the first validation images from the base in fp32, where it runs in int8. */
  readonly floatFeatures: readonly (Float32Array | undefined)[] | undefined;
}

/**
 * Chooses the features of the head, and fits it.
 * @throws the signal's reason once it is aborted
 */
export async function fitHead(job: Job, seen: SeenImages, context: Context): Promise<FittedHead> {
  const { options, plan, timer, opened } = job;
  const { dataSet } = seen;
  const fitPlan = planFit(plan.fit, dataSet.classNames.length);
  const { chosen, runtime } = await chooseJobFeatures(job, seen, fitPlan, context);
  const { base, features, mirrored, refusesMirrors } = chosen;
  opened.push(features);
  timer.step('head');

  const floatFeatures =
    runtime.precision.name === 'int8'
      ? await computeFloatFeatures(base, features.subset('val').images, { all: options.verify, context })
      : undefined;
  timer.step('verify');

  const data = { train: features.subset('train'), val: features.subset('val') };
  const fitted = describeFeatures(await fit(data, planChosenFit(fitPlan, chosen), context), chosen);
  // Where more is trained, it is cross-validated together with that.
  const folds = plan.tuning === undefined ? plan.split.folds : undefined;
  const folding = { ...plan.split, folds, fit: fitPlan, classNames: dataSet.classNames };
  const head = await crossValidateHead(fitted, data.train, { ...folding, context });
  context.signal.throwIfAborted();
  timer.step('head');
  return { stage: { base, runtime, features, head, mirrored }, fitPlan, refusesMirrors, floatFeatures };
}

/** Chooses the features of the head. Whoever gets them closes them. */
export function chooseJobFeatures(
  { base, plan, timer }: Job,
  { dataSet, split, features, runtimes, secondsPerImage }: SeenImages,
  head: FitPlan,
  context: Context,
): Promise<ChosenOnDevice> {
  const extraction = { base, dataSet, split, store: plan.store };
  const choices = { extraction, features, head, plan: plan.features, secondsPerImage, runtimes };
  return chooseOnOneDevice({ ...choices, onStep: timer.step }, context);
}

/** What cross-validation has found of the head while features were chosen is not looked for again. */
function planChosenFit(plan: FitPlan, { head }: ChosenFeatures): FitPlan {
  return plan.solver === 'lbfgs' ? { ...plan, chosen: head } : plan;
}

/** Says of a head on which features it is. */
function describeFeatures(fit: Fit, { base, mirrored, description, tried }: ChosenFeatures): Fit {
  const features = { taps: base.taps, mirrored, tried };
  return {
    ...fit,
    description: `${fit.description}${description}`,
    details: { ...fit.details, features },
  };
}

interface Folding extends Omit<CrossValidationRequest, 'count'> {
  readonly folds?: number | undefined;
  readonly context: Context;
}

/** A head with what cross-validation says of it, where that was asked for. */
async function crossValidateHead(
  head: Fit,
  train: TrainingData,
  { folds, context, ...request }: Folding,
): Promise<Fit> {
  if (folds === undefined) return head;
  return { ...head, crossValidation: await crossValidateFit(train, { ...request, count: folds }, context) };
}
