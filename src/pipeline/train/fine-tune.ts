// The second half of a training that unfreezes blocks: what lies above a new, lower cut is trained on features there, from
// the pretrained weights and the head that was found before, and kept where that is better by more than chance.

import type { Engine } from '../../engines/start.js';
import { refuseOption } from '../../errors.js';
import { isBareInput, splitBase, withoutTaps } from '../../features/base.js';
import type { Views } from '../../features/extract.js';
import type { Context } from '../../system/context.js';
import type { Amounts } from '../../system/time-budget.js';
import { dealFolds, type FoldsPlan } from '../../training/folds.js';
import type { FitPlan } from '../../training/plan.js';
import { compareClassifiers } from '../../training/significance.js';
import { layerFactors, planCut } from '../../training/unfreeze.js';
import type { Job } from './begin.js';
import type { SeenImages } from './extract-images.js';
import { tuneByFolds } from './fine-tune-folds.js';
import type { FittedHead } from './fit-head.js';
import { mayHelp } from './next-step.js';
import { explain, explainRefusal, predictBoth, type Stage } from './stage.js';
import { tuneInTime } from './tune-in-time.js';
import {
  type ComparedTuning,
  joinStart,
  type TuningStart,
  type TuningWork,
  tuneStage,
} from './tune-stage.js';
import { type FeatureRequest, openFeatures } from './tuning-features.js';
import { noStoredViews, type TuningPlan, viewsOf, withoutComparison, withoutMirrors } from './tuning-plan.js';

/** What the steps before have settled. */
export interface TuningRequest extends FeatureRequest {
  /** The plan of the head that training starts from. */
  readonly head: FitPlan;
  readonly engine: Engine;
  /** What holds images out; validation images where absent. */
  readonly folds: FoldsPlan | undefined;
  /** Seconds that the head took. */
  readonly headSeconds: number;
  /** How many views and epochs a training that is gone on with planned for its time. */
  readonly planned?: Amounts | undefined;
  /** Keeps that for a training that goes on with this one. */
  readonly remember: (planned: Amounts) => Promise<void>;
}

/** What tuning has to know of a job whose head is fitted; undefined where nothing is to be tuned. */
export function describeTuning(
  { options, plan, engine, timer }: Job,
  { dataSet, split }: SeenImages,
  { fitPlan, refusesMirrors }: FittedHead,
): Omit<TuningRequest, 'planned' | 'remember'> | undefined {
  if (plan.tuning === undefined) return undefined;
  const { precision, device } = options;
  const { folds: count, seed } = plan.split;
  const { head: headSeconds = 0 } = timer.seconds();
  return {
    ...{ dataSet, split, engine, store: plan.store, precision, device, headSeconds },
    head: fitPlan,
    folds: count === undefined ? undefined : { count, seed },
    plan: refusesMirrors ? withoutMirrors(plan.tuning) : plan.tuning,
  };
}

/** What came of it. */
export interface TuningResult {
  /** The stage to save: the tuned one, or the given one where that is no worse. */
  readonly stage: Stage;
  /** Takes the checkpoint away, once the run is saved. */
  readonly forgetCheckpoint: () => Promise<void>;
}

/**
 * Fine-tunes a trained stage, which the tuned network has to beat: with all that was chosen for the head alone.
 * @throws FinetuneError `bad-option` where there are no validation images to compare on, or the network cannot be cut there
 */
export async function fineTune(
  stage: Stage,
  request: TuningRequest,
  context: Context,
): Promise<TuningResult> {
  const begun = await startTuning(stage, request, context);
  if (begun === undefined) return { stage, forgetCheckpoint: () => Promise.resolve() };
  const { base, runtime, features, cut, plan } = begun;
  try {
    const { folds } = request;
    const work = { ...request, context };
    const { tuned, forgetCheckpoint, ...found } = await (folds === undefined
      ? tuneOnce(stage, begun, work)
      : tuneByFolds(stage, begun, { ...work, folds }));
    const views = isBareInput(base) ? 'new in each epoch' : plan.views;
    const finding = { cut, views, augment: plan.augment, ...found };
    if (tuned !== undefined) {
      const head = explain(tuned, finding);
      return { stage: { base, runtime, features, head, mirrored: false }, forgetCheckpoint };
    }
    features.close();
    return { stage: { ...stage, head: explainRefusal(stage.head, finding) }, forgetCheckpoint };
  } catch (error) {
    features.close();
    throw error;
  }
}

/** Tunes, and compares on validation images. */
async function tuneOnce(stage: Stage, begun: TuningStart, work: TuningWork): Promise<ComparedTuning> {
  const { tuned, forgetCheckpoint } = await tuneStage(stage, begun, work);
  const compared = await predictBoth(stage, { head: tuned, features: begun.features }, 'val');
  const verdict = compareClassifiers(compared, compared.labels.length);
  return { tuned: verdict.isBetter ? tuned : undefined, verdict, forgetCheckpoint };
}

/**
 * Cuts a trained stage where blocks are unfrozen, and extracts what is trained on there. Whoever gets the features closes
 * them.
 * @returns undefined where nothing is to be tuned: nobody asked for it and it is of little use, or there is no time
 * @throws FinetuneError `bad-option` where there are no validation images to compare on, or the network cannot be cut there
 */
export async function startTuning(
  stage: Stage,
  request: TuningRequest,
  context: Context,
): Promise<TuningStart | undefined> {
  validateComparison(stage, request);
  const { dataSet } = request;
  if (request.plan.isExtra && !(await mayHelp(stage, dataSet))) return undefined;
  const whole = withoutTaps(stage.base);
  const cut = planCut(whole.network, request.plan.unfreeze);
  const { base, trainable } = splitBase(whole, cut);
  const isWhole = isBareInput(base);
  const wanted = isWhole ? withoutViews(request.plan) : request.plan;
  const source = await openFeatures(base, request, context);
  const start = await joinStart(trainable, stage, { ...request, context });
  const work = {
    ...{ ...request, ...source, plan: wanted, start, classes: dataSet.classNames.length, isWhole },
    extract: async (views: Views) => (await source.extract(views)).features,
  };
  const timed = await tuneInTime(work, context);
  if (timed === undefined) return undefined;
  await request.remember({ views: timed.plan.views, epochs: timed.plan.loop.epochs });
  const { plan } = timed;
  const { features, runtime } = await source.extract(viewsOf(plan));
  const factors = layerFactors(start, plan.layerDecay);
  return { base, runtime, features, cut, trainable, start, plan, factors, context: timed.context };
}

function validateComparison({ features }: Stage, { split, folds }: TuningRequest): void {
  const isHeldOut =
    folds === undefined
      ? split.val.length > 0
      : dealFolds(features.subset('train'), folds).heldOutBy.some(fold => fold >= 0);
  if (isHeldOut) return;
  refuseOption(`${withoutComparison} Add images, or leave out --unfreeze and --recipe.`);
}

/** @throws FinetuneError `bad-option` where a number of views was asked for: every epoch draws new ones */
function withoutViews(plan: TuningPlan): TuningPlan {
  if (plan.viewsAsTold) refuseOption(noStoredViews(plan.views, plan.unfreeze));
  return { ...plan, views: 0 };
}
