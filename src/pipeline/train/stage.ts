// A stage of a training, which the next one has to beat, and what is said of both.

import { FinetuneError } from '../../errors.js';
import type { Base } from '../../features/base.js';
import type { FeatureSet } from '../../features/feature-set.js';
import type { BaseRuntime } from '../../features/runtime.js';
import type { Augmentation } from '../../training/augmentation.js';
import { averageViews } from '../../training/data.js';
import type { Fit } from '../../training/fit.js';
import type { CrossValidation } from '../../training/folds.js';
import type { Comparison, Verdict } from '../../training/significance.js';

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
 * What two stages predict of the images of a subset, which neither was trained on.
 * @throws FinetuneError `bad-data-set` where these are not the same images
 */
export async function predictBoth(
  before: Pick<Stage, 'head' | 'features'>,
  after: Pick<Stage, 'head' | 'features'>,
  subset: 'val' | 'test',
): Promise<Comparison> {
  const [own, other] = [await predictSubset(before, subset), await predictSubset(after, subset)];
  if (String(own.labels) !== String(other.labels)) {
    throw new FinetuneError('bad-data-set', 'Images changed while training. Train again.');
  }
  return { labels: own.labels, before: own.probabilities, after: other.probabilities };
}

async function predictSubset({ head, features }: Pick<Stage, 'head' | 'features'>, name: 'val' | 'test') {
  const subset = features.subset(name);
  return averageViews(await head.predict(subset), subset);
}

/** What cross-validation says of a stage before and after more of it was trained. */
export interface CrossValidations {
  readonly before: CrossValidation;
  readonly after: CrossValidation;
}

/** What came of the comparison of a network that is unfrozen above a cut, and was trained on these views of each image. */
interface Finding {
  readonly cut: string;
  readonly views: number | string;
  readonly augment: Augmentation;
  readonly verdict: Verdict;
  /** Where the images were held out by folds. */
  readonly crossValidations?: CrossValidations | undefined;
}

/** Says of a tuned network what it gained. */
export function explain(tuned: Fit, finding: Finding): Fit {
  return {
    ...tuned,
    description: `${tuned.description}: ${tellBoth(finding)}`,
    details: { ...tuned.details, tuning: { kept: true, ...tellDetails(finding) } },
    crossValidation: finding.crossValidations?.after,
  };
}

/** Says of a head that stays what it was compared with. */
export function explainRefusal(head: Fit, finding: Finding): Fit {
  return {
    ...head,
    description:
      `${head.description}. Training what lies above ${finding.cut} was no better by more than chance ` +
      `(${tellBoth(finding)}): the head stays`,
    details: { ...head.details, tuning: { kept: false, ...tellDetails(finding) } },
    crossValidation: finding.crossValidations?.before ?? head.crossValidation,
  };
}

function tellBoth({ verdict: { before, after, images }, crossValidations }: Finding): string {
  const held = crossValidations === undefined ? 'validation' : 'held-out';
  return `${after} of ${images} ${held} images right, ${before} with the head alone`;
}

function tellDetails({ verdict, crossValidations, ...how }: Finding): Readonly<Record<string, unknown>> {
  if (crossValidations === undefined) return { ...how, ...verdict };
  const tell = ({ accuracy, deviation }: CrossValidation) => ({ accuracy, deviation });
  const { before, after } = crossValidations;
  return { ...how, ...verdict, crossValidated: { before: tell(before), after: tell(after) } };
}
