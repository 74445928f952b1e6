// A stage of a training, which the next one has to beat, and what is said of both.

import { FinetuneError } from '../../errors.js';
import type { Base } from '../../features/base.js';
import type { FeatureSet, SubsetFeatures } from '../../features/feature-set.js';
import type { BaseRuntime } from '../../features/runtime.js';
import type { Augmentation } from '../../training/augmentation.js';
import { averageViews } from '../../training/data.js';
import type { Fit } from '../../training/fit.js';
import { compareClassifiers, type Verdict } from '../../training/significance.js';

/** A base, the features that it gives, and what was fitted on them. */
export interface Stage {
  readonly base: Base;
  readonly runtime: BaseRuntime;
  /** Whoever has the stage closes them. */
  readonly features: FeatureSet;
  readonly head: Fit;
  /** What is predicted is the mean over the image and its mirror. */
  readonly mirrored: boolean;
}

/**
 * Compares what two stages predict of validation images.
 * @throws FinetuneError `bad-data-set` where these are not the same images
 */
export async function compareOnValidation(
  { head, features }: Stage,
  tuned: Fit,
  val: SubsetFeatures,
): Promise<Verdict> {
  const rival = features.subset('val');
  const before = averageViews(await head.predict(rival), rival);
  if (String(before.labels) !== String(val.labels)) {
    throw new FinetuneError('bad-data-set', 'Validation images changed while training. Train again.');
  }
  return compareClassifiers(
    { labels: val.labels, before: before.probabilities, after: await tuned.predict(val) },
    val.labels.length,
  );
}

/** What came of the comparison of a network that is unfrozen above a cut, and was trained on these views of each image. */
interface Finding {
  readonly cut: string;
  readonly views: number | string;
  readonly augment: Augmentation;
  readonly verdict: Verdict;
}

/** Says of a tuned network what it gained. */
export function explain(tuned: Fit, { verdict, ...how }: Finding): Fit {
  const { before, after, images } = verdict;
  return {
    ...tuned,
    description: `${tuned.description}: ${after} of ${images} validation images right, ${before} with the head alone`,
    details: { ...tuned.details, tuning: { ...how, kept: true, ...verdict } },
  };
}

/** Says of a head that stays what it was compared with. */
export function explainRefusal(head: Fit, { verdict, ...how }: Finding): Fit {
  const { before, after, images } = verdict;
  return {
    ...head,
    description:
      `${head.description}. Training what lies above ${how.cut} was no better by more than chance ` +
      `(${after} of ${images} validation images right, ${before} with the head alone): the head stays`,
    details: { ...head.details, tuning: { ...how, kept: false, ...verdict } },
  };
}
