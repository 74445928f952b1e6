// The head on the features that were chosen: what is known of it before it is fitted, and what is said of it then.

import type { Fit } from '../../training/fit.js';
import type { FitPlan } from '../../training/plan.js';
import type { ChosenFeatures } from './choose-features.js';

/** The plan of the head on chosen features: what cross-validation has found of it is not looked for again. */
export function planChosenFit(plan: FitPlan, { head }: ChosenFeatures): FitPlan {
  return plan.solver === 'lbfgs' ? { ...plan, chosen: head } : plan;
}

/** Says of a head on which features it is. */
export function describeFeatures(fit: Fit, { base, mirrored, description, tried }: ChosenFeatures): Fit {
  const features = { taps: base.taps, mirrored, tried };
  return {
    ...fit,
    description: `${fit.description}${description}`,
    details: { ...fit.details, features },
  };
}
