// Which features a head gets from the frozen base: those of its last layer, or of lower ones, too; those of each image,
// or of its mirror, too. Cross-validation on the training subset decides, on features that are stored.

import type { Subset } from '../../data/data-set.js';
import { mirroredView, originalView, type View } from '../../data/image-rules.js';
import { type Base, withoutTaps } from '../../features/base.js';
import type { FeatureSet } from '../../features/feature-set.js';
import { countMultiplications } from '../../network/multiplications.js';
import type { Context } from '../../system/context.js';
import { hasTimeFor } from '../../system/time-budget.js';
import type { FeatureGroup } from '../../training/data.js';
import { GroupGrams } from '../../training/linear/gram.js';
import { type Candidate, type ChosenL2, isNoticeablyLess } from '../../training/linear/l2.js';
import { crossValidate, type LinearHeadPlan } from '../../training/linear/solve.js';
import { fallInErrors } from '../../training/significance.js';

/** Which features are tried. */
export interface FeaturePlan {
  /** Lower layers, as `loadBase` takes them; absent: none. */
  readonly candidates: 'auto' | readonly string[] | undefined;
  /** Whether they are taken as asked for, or where they are better. */
  readonly taps: 'take' | 'choose';
  readonly mirror: 'auto' | 'yes' | 'no';
  /** With more training images than this, lower layers are not tried. */
  readonly mostImages: number;
  /** How much work mirrors may be to be tried at all, and to be taken for the head. */
  readonly mostMirrored: { readonly tried: WorkLimit; readonly taken: WorkLimit };
}

/** Told by numbers that are the same on every machine, so that the same command gives the same run. */
export interface WorkLimit {
  /** The most images to train on. */
  readonly images: number;
  /** The most multiplications that the base needs for those. */
  readonly multiplications: number;
}

/** What is chosen from. */
export interface FeatureChoices {
  readonly base: Base;
  /** The features of every image as it is. */
  readonly features: FeatureSet;
  /** Gives features of the same images in other views. */
  readonly extract: (views: Readonly<Record<Subset, readonly View[]>>) => Promise<FeatureSet>;
  readonly head: Omit<LinearHeadPlan, 'chosen'>;
  /** How long an image takes to go through the base, as far as that was measured. */
  readonly secondsPerImage?: number | undefined;
}

/** What was chosen. Whoever gets it closes its features. */
export interface ChosenFeatures {
  /** Gives these features, and no others. */
  readonly base: Base;
  readonly features: FeatureSet;
  /** What is predicted is the mean over the image and its mirror. */
  readonly mirrored: boolean;
  /** Left and right matter, or nobody wants mirrors: cross-validation found heads worse with them, or they were not allowed. */
  readonly refusesMirrors: boolean;
  /** What cross-validation found of a solved head on these features. */
  readonly head?: ChosenL2 | undefined;
  /** In a few words for people, to follow those about the head; empty where nothing was chosen. */
  readonly description: string;
  /** For run.json: what was tried, in order. */
  readonly tried: readonly TriedFeatures[];
}

/** Features that were tried, and how heads on them did on images that they were not trained on. */
export interface TriedFeatures {
  /** How many are of each layer, and what they are multiplied with once they vary alike. */
  readonly groups: readonly FeatureGroup[];
  readonly mirrored: boolean;
  /** Mean log-loss, natural logarithm. */
  readonly loss?: number | undefined;
  readonly accuracy?: number | undefined;
}

interface Trial extends TriedFeatures {
  readonly head?: ChosenL2 | undefined;
}

/** The base without lower layers, where there are too many training images to try them on. */
export function limitTaps(base: Base, { taps, mostImages }: FeaturePlan, trainImages: number): Base {
  return taps === 'choose' && trainImages > mostImages ? withoutTaps(base) : base;
}

/** Chooses the features of a head. Needs a started engine; leaves no tensor behind. */
export async function chooseFeatures(
  choices: FeatureChoices,
  plan: FeaturePlan,
  context: Context,
): Promise<ChosenFeatures> {
  const { features } = choices;
  const mayMirror = plan.mirror === 'auto' && isWithin(plan.mostMirrored.tried, choices);
  const { trials, longest } = await tryTaps(choices, { ...plan, triesMirror: mayMirror }, context);
  const asTheyAre = findBest(trials);
  const { groups } = asTheyAre;
  const mirrorSeconds = (choices.secondsPerImage ?? 0) * features.count + fitsOfMirror * longest;
  const triesMirror = mayMirror && hasTimeFor('mirrored views', mirrorSeconds, context.budget);
  const mirror = triesMirror ? await tryMirror(asTheyAre, choices, context) : undefined;
  const mayTake = isWithin(plan.mostMirrored.taken, choices);
  const isChosen = mirror !== undefined && mayTake && isWorthTwice(mirror, asTheyAre);
  const mirrored = plan.mirror === 'yes' || isChosen;
  const both = [originalView, mirroredView];
  const seen = mirrored ? await choices.extract({ train: both, val: both, test: both }) : features;
  const base = groups.length === 1 ? withoutTaps(choices.base) : choices.base;
  return {
    ...{ base, mirrored, features: seen.using(groups) },
    refusesMirrors: plan.mirror === 'no' || isWorse(mirror, asTheyAre),
    head: mirrored ? mirror?.head : asTheyAre.head,
    description: describe({ base, trials, asTheyAre, mirror, mirrored }),
    tried: [...trials, ...(mirror ? [mirror] : [])].map(({ head: _, ...tried }) => tried),
  };
}

/** Cross-validations that trying mirrored views takes about as long as: on twice the rows, and the head that follows. */
const fitsOfMirror = 4;

function isWithin(most: WorkLimit, { base, features }: FeatureChoices): boolean {
  const images = features.subset('train').labels.length;
  return images <= most.images && images * countMultiplications(base.network) <= most.multiplications;
}

/**
 * Nothing is cross-validated where there is nothing to choose.
 * @returns what was tried, and the seconds that the longest trial took; 0 where nobody counts them
 */
async function tryTaps(
  { base: { groupSizes }, features, head }: FeatureChoices,
  { taps, triesMirror }: Pick<FeaturePlan, 'taps'> & { readonly triesMirror: boolean },
  context: Context,
): Promise<{ readonly trials: readonly Trial[]; readonly longest: number }> {
  const { budget } = context;
  const kinds = listGroups(groupSizes).slice(taps === 'take' && groupSizes.length > 1 ? 1 : 0);
  const isChoice = kinds.length > 1 || triesMirror;
  const trials: Trial[] = [];
  let longest = 0;
  const grams = new GroupGrams();
  try {
    for (const groups of kinds) {
      if (trials.length > 0 && !hasTimeFor('lower layers', fitsOfTaps * longest, budget)) break;
      const before = budget?.left() ?? 0;
      const like = { near: trials[0]?.head, grams };
      const plan = { ...head, ...context };
      const found = isChoice ? await crossValidateOn(features.using(groups), plan, like) : {};
      trials.push({ groups, mirrored: false, ...found });
      longest = Math.max(longest, before - (budget?.left() ?? 0));
    }
  } finally {
    grams.dispose();
  }
  return { trials, longest };
}

/** Cross-validations of the last layer alone that take about as long as trying lower ones and fitting a head on them. */
const fitsOfTaps = 4;

/** The last layer alone; all layers, each as much as it has features; all layers alike. */
function listGroups(sizes: readonly number[]): FeatureGroup[][] {
  const [last = 0, ...others] = sizes;
  if (others.length === 0) return [[{ size: last, weight: 1 }]];
  return [
    [{ size: last, weight: 1 }],
    sizes.map(size => ({ size, weight: 1 })),
    sizes.map(size => ({ size, weight: Math.sqrt(last / size) })),
  ];
}

/** @returns nothing where the features do not fit in memory, or no image can be held out */
async function crossValidateOn(
  features: FeatureSet,
  plan: LinearHeadPlan & Context,
  like: { readonly near: ChosenL2 | undefined; readonly grams?: GroupGrams },
): Promise<Pick<Trial, 'head' | 'loss' | 'accuracy'>> {
  const train = features.subset('train');
  const matrix = train.matrix();
  if (matrix === undefined) return {};
  const head = await crossValidate({ ...train, features: matrix }, plan, like);
  const { loss, accuracy } = candidateOf(head) ?? {};
  return { head, loss, accuracy };
}

function candidateOf({ l2, candidates }: ChosenL2): Candidate | undefined {
  return candidates.find(candidate => candidate.l2 === l2);
}

async function tryMirror(
  { groups, head: near }: Trial,
  { extract, head }: FeatureChoices,
  context: Context,
): Promise<Trial> {
  const [once, twice] = [[originalView], [originalView, mirroredView]];
  const features = await extract({ train: twice, val: once, test: once });
  try {
    const found = await crossValidateOn(features.using(groups), { ...head, ...context }, { near });
    return { groups, mirrored: true, ...found };
  } finally {
    features.close();
  }
}

/** The simplest of those that are about as good. */
function findBest(trials: readonly Trial[]): Trial {
  const [first, ...others] = trials;
  if (first === undefined) throw new Error('No features were tried.');
  return others.reduce((best, trial) => (isBetter(trial, best) ? trial : best), first);
}

/** What costs twice the time has to be better by more than its error. */
function isWorthTwice(mirror: Trial, before: Trial): boolean {
  const fall = fallInErrors(lossesOf(before), lossesOf(mirror));
  return isBetter(mirror, before) && fall > 1;
}

function isWorse(trial: Trial | undefined, before: Trial): boolean {
  return trial?.loss !== undefined && before.loss !== undefined && trial.loss > before.loss;
}

function lossesOf({ head }: Trial): number[] {
  return (head?.heldOut ?? []).map(({ loss }) => loss);
}

function isBetter({ loss }: Trial, { loss: before }: Trial): boolean {
  return loss !== undefined && before !== undefined && isNoticeablyLess(loss, before);
}

interface Findings {
  readonly base: Base;
  readonly trials: readonly Trial[];
  readonly asTheyAre: Trial;
  readonly mirror: Trial | undefined;
  readonly mirrored: boolean;
}

function describe({ base, trials, asTheyAre, mirror, mirrored }: Findings): string {
  const [first] = trials;
  const taps =
    base.taps.length > 0 && `on the last layer and ${base.taps.join(', ')}${compareLosses(asTheyAre, first)}`;
  const views = mirrored && `on each image and its mirror${mirror ? compareLosses(mirror, asTheyAre) : ''}`;
  const parts = [taps, views].filter(Boolean);
  return parts.length === 0 ? '' : `, ${parts.join(', ')}`;
}

/** `(cross-validated log-loss 0.21 instead of 0.26)` */
function compareLosses({ loss }: Trial, before: Trial | undefined): string {
  if (loss === undefined || before?.loss === undefined || loss === before.loss) return '';
  return ` (cross-validated log-loss ${loss.toFixed(3)} instead of ${before.loss.toFixed(3)})`;
}
