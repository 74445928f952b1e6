// The second half of a training that unfreezes blocks: what lies above a new, lower cut is trained on features there, from
// the pretrained weights and the head that was found before, and kept where that is better by more than chance.

import type { Split } from '../../data/data-set.js';
import { originalView } from '../../data/image-rules.js';
import type { Engine } from '../../engines/start.js';
import { refuseOption } from '../../errors.js';
import { isBareInput, splitBase, withoutTaps } from '../../features/base.js';
import type { Views } from '../../features/extract.js';
import type { SubsetFeatures } from '../../features/feature-set.js';
import { fingerprintOf } from '../../network/fingerprint.js';
import type { Network } from '../../network/network.js';
import { blockBoundaries, join } from '../../network/split.js';
import type { Context } from '../../system/context.js';
import type { Amounts } from '../../system/time-budget.js';
import { versions } from '../../system/versions.js';
import { type CheckpointPlace, placeCheckpoint } from '../../training/checkpoint.js';
import { selectRows } from '../../training/data.js';
import { type Fit, fit, tune } from '../../training/fit.js';
import type { FitPlan } from '../../training/plan.js';
import { refitHead } from '../../training/refit.js';
import { layerFactors, planCut } from '../../training/unfreeze.js';
import type { Job } from './begin.js';
import type { SeenImages } from './extract-images.js';
import type { FittedHead } from './fit-head.js';
import { mayHelp } from './next-step.js';
import { compareOnValidation, explain, explainRefusal, type Stage } from './stage.js';
import { tuneInTime } from './tune-in-time.js';
import { type FeatureRequest, openFeatures } from './tuning-features.js';
import { noStoredViews, type TuningPlan, viewsOf, withoutComparison, withoutMirrors } from './tuning-plan.js';

/** What the steps before have settled. */
export interface TuningRequest extends FeatureRequest {
  /** The plan of the head that training starts from. */
  readonly head: FitPlan;
  readonly engine: Engine;
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
  const { head: headSeconds = 0 } = timer.seconds();
  return {
    ...{ dataSet, split, engine, store: plan.store, precision, device, headSeconds },
    head: fitPlan,
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

/** What is about to be tuned. */
export interface TuningStart extends Pick<Stage, 'base' | 'runtime' | 'features'> {
  readonly cut: string;
  /** What lies above the cut, with the head. */
  readonly start: Network;
  readonly plan: TuningPlan;
  /** What the rate of a layer's weights is multiplied with. */
  readonly factors: ReadonlyMap<string, number>;
  /** Its budget ends before what comes afterwards. */
  readonly context: Context;
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
  const isWhole = isBareInput(base);
  try {
    const data = { train: features.subset('train'), val: features.subset('val') };
    const checkpoint = await findCheckpoint(begun, request.engine, data);
    const trained = await tune(
      data,
      {
        ...{ ...plan.loop, start: begun.start, classes: request.dataSet.classNames.length, checkpoint },
        layerFactors: begun.factors,
        description: `${isWhole ? 'the whole network' : `everything above ${cut}`} trained`,
      },
      begun.context,
    );
    // An epoch that was trained up to a target is kept as it is.
    const isTarget = plan.loop.targetAccuracy !== undefined;
    const refitting = { cut, isWhole, train: data.train, plan: request.head, context };
    const tuned = isTarget ? trained : await solveAgain(trained, stage, refitting);
    const verdict = await compareOnValidation(stage, tuned, data.val);
    const views = isWhole ? 'new in each epoch' : plan.views;
    const finding = { cut, views, augment: plan.augment, verdict };
    const forgetCheckpoint = checkpoint.forget;
    if (verdict.isBetter) {
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

interface TuningData {
  readonly train: SubsetFeatures;
  readonly val: SubsetFeatures;
}

/** Everything that the weights depend on. */
function findCheckpoint(
  { base, runtime, start, plan }: TuningStart,
  engine: Engine,
  { train, val }: TuningData,
): Promise<CheckpointPlace> {
  const { fingerprint, preprocessingHash } = base;
  const network = [fingerprintOf(start), fingerprint, preprocessingHash, runtime.precision.fingerprint];
  const identify = ({ images }: SubsetFeatures) =>
    images.map(({ example, view }) => [example.hash, example.label, view.key]);
  return placeCheckpoint([network, plan, engine, versions(), identify(train), identify(val)]);
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
  validateComparison(request.split);
  const { dataSet } = request;
  if (request.plan.isExtra && !(await mayHelp(stage, dataSet))) return undefined;
  const whole = withoutTaps(stage.base);
  const cut = planCut(whole.network, request.plan.unfreeze);
  const { base, trainable } = splitBase(whole, cut);
  const isWhole = isBareInput(base);
  const wanted = isWhole ? withoutViews(request.plan) : request.plan;
  const source = await openFeatures(base, request, context);
  const start = join(trainable, (await findStart(stage, request.head, context)).trainable);
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
  return { base, runtime, features, cut, start, plan, factors, context: timed.context };
}

function validateComparison({ val }: Split): void {
  if (val.length > 0) return;
  refuseOption(`${withoutComparison} Add images, or leave out --unfreeze and --recipe.`);
}

/** @throws FinetuneError `bad-option` where a number of views was asked for: every epoch draws new ones */
function withoutViews(plan: TuningPlan): TuningPlan {
  if (plan.viewsAsTold) refuseOption(noStoredViews(plan.views, plan.unfreeze));
  return { ...plan, views: 0 };
}

/** The head that training starts from: on the last layer alone, as it lies above all that is trained. */
async function findStart({ base, features, head }: Stage, plan: FitPlan, context: Context): Promise<Fit> {
  if (base.taps.length === 0) return head;
  const [size = 0] = base.groupSizes;
  const last = features.using([{ size, weight: 1 }]);
  return fit({ train: last.subset('train'), val: last.subset('val') }, plan, context);
}

/**
 * Solves the head anew on what the tuned blocks give for the training images as they are, with the lower layers that
 * were chosen for the frozen head, where none of them lies below the cut, and with its L2: the tuned blocks have seen
 * these images, so that cross-validation on what they give would choose too small a one. Features at the cut that do not
 * fit in memory are not read once more: the head stays as it was trained. Images are.
 */
async function solveAgain(
  tuned: Fit,
  stage: Stage,
  { cut, isWhole, train, plan, context }: Refitting,
): Promise<Fit> {
  const isReadable = isWhole || train.matrix() !== undefined;
  if (plan.solver !== 'lbfgs' || !isReadable) return tuned;
  const hasTaps = blockBoundaries(stage.base.network).includes(cut);
  const { trainable } = splitBase(hasTaps ? stage.base : withoutTaps(stage.base), cut);
  const groups = hasTaps ? stage.features.subset('train').groups : undefined;
  const originals = [...train.images.keys()].filter(row => train.images[row]?.view === originalView);
  const { chosen: _ofFrozenFeatures, ...head } = plan;
  const { l2 } = stage.head.details;
  return refitHead(
    tuned,
    { below: trainable, groups, train: selectRows(train, originals) },
    { ...head, l2: typeof l2 === 'number' ? l2 : head.l2, ...context },
  );
}

interface Refitting {
  readonly cut: string;
  /** Nothing is frozen. */
  readonly isWhole: boolean;
  readonly train: SubsetFeatures;
  readonly plan: FitPlan;
  readonly context: Context;
}
