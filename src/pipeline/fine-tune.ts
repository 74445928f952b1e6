// The second half of a training that unfreezes blocks: what lies above a new, lower cut is trained on features stored
// there, from the pretrained weights and the head that was found before, and kept where that is better by more than chance.

import type { DataSet, Split } from '../data/data-set.js';
import { originalView } from '../data/image-rules.js';
import type { Engine } from '../engines/start.js';
import { FinetuneError } from '../errors.js';
import { type Base, splitBase } from '../features/base.js';
import type { DeviceRequest } from '../features/device.js';
import { countMissing } from '../features/extract.js';
import { extractOrFallBack } from '../features/extract-or-fall-back.js';
import type { FeatureSet, SubsetFeatures } from '../features/feature-set.js';
import { type BaseRuntime, chooseRuntime } from '../features/runtime.js';
import { fingerprintOf } from '../network/fingerprint.js';
import { join } from '../network/split.js';
import type { Context } from '../system/context.js';
import { versions } from '../system/versions.js';
import { placeCheckpoint } from '../training/checkpoint.js';
import { type Fit, tune } from '../training/fit.js';
import type { TrainingPlan } from '../training/plan.js';
import { compareClassifiers, type Verdict } from '../training/significance.js';
import { layerFactors, planCut } from '../training/unfreeze.js';
import { type Augmentation, planViews } from '../training/views.js';

/** A base, the features that it gives, and what was fitted on them. */
export interface Stage {
  readonly base: Base;
  readonly runtime: BaseRuntime;
  /** Whoever has the stage closes them. */
  readonly features: FeatureSet;
  readonly head: Fit;
}

/** How to fine-tune. */
export interface TuningPlan {
  /** What is trained beside the head, as `planCut` takes it. */
  readonly unfreeze: string;
  /** What the rate is multiplied with from block to block downwards. */
  readonly layerDecay: number;
  /** Changed views of every training image, stored at the cut beside the image itself. */
  readonly views: number;
  readonly augment: Augmentation;
  readonly loop: TrainingPlan;
}

/** What the steps before have settled. */
export interface TuningRequest {
  readonly plan: TuningPlan;
  readonly dataSet: DataSet;
  readonly split: Split;
  readonly engine: Engine;
  /** The feature store's folder. */
  readonly store: string;
  readonly precision: 'auto' | 'fp32' | 'int8';
  readonly device: DeviceRequest['device'];
}

/** What came of it. */
export interface TuningResult {
  /** The stage to save: the tuned one, or the given one where that is no worse. */
  readonly stage: Stage;
  /** Takes the checkpoint away, once the run is saved. */
  readonly forgetCheckpoint: () => Promise<void>;
}

/**
 * Fine-tunes a trained stage.
 * @throws FinetuneError `bad-option` where there are no validation images to compare on, or the network cannot be cut there
 */
export async function fineTune(
  stage: Stage,
  request: TuningRequest,
  context: Context,
): Promise<TuningResult> {
  validateComparison(request.split);
  const { plan, dataSet, split, store } = request;
  const cut = planCut(stage.base.network, plan.unfreeze);
  const { base, trainable } = splitBase(stage.base, cut);
  const chosen = await chooseTuningRuntime(base, request, context);
  const views = { train: [originalView, ...planViews(plan.augment, plan.views, plan.loop.seed)] };
  const { features, runtime } = await extractOrFallBack(
    { base, runtime: chosen, dataSet, split, store, views },
    () => chooseTuningRuntime(base, { ...request, device: 'cpu' }, context),
    context,
  );
  try {
    const [train, val] = [features.subset('train'), features.subset('val')];
    const start = join(trainable, stage.head.trainable);
    const identity = [
      fingerprintOf(start),
      base.fingerprint,
      base.preprocessingHash,
      runtime.precision.fingerprint,
    ];
    const checkpoint = await placeCheckpoint([
      ...[identity, plan, request.engine, versions()],
      ...[train, val].map(({ images }) =>
        images.map(({ example, view }) => [example.hash, example.label, view.key]),
      ),
    ]);
    const tuned = await tune(
      { train, val },
      {
        ...{ ...plan.loop, start, classes: dataSet.classNames.length, checkpoint },
        layerFactors: layerFactors(start, plan.layerDecay),
        description: `everything above ${cut} trained for ${plan.loop.epochs} epochs`,
      },
      context,
    );
    const verdict = await compare(stage, tuned, val);
    if (!verdict.isBetter) features.close();
    const { forget } = checkpoint;
    return verdict.isBetter
      ? {
          stage: { base, runtime, features, head: explain(tuned, { cut, verdict }) },
          forgetCheckpoint: forget,
        }
      : { stage: { ...stage, head: explainRefusal(stage.head, { cut, verdict }) }, forgetCheckpoint: forget };
  } catch (error) {
    features.close();
    throw error;
  }
}

function validateComparison({ val }: Split): void {
  if (val.length > 0) return;
  throw new FinetuneError(
    'bad-option',
    'Unfrozen blocks are kept only where they beat the head alone on validation images, and none are held out. ' +
      'Leave out --val 0, or --unfreeze and --recipe fine-tune.',
  );
}

/** In fp32 unless int8 is asked for: what is trained on top would learn the errors of rounding. */
function chooseTuningRuntime(
  base: Base,
  { precision, device, split, store }: TuningRequest,
  context: Context,
): Promise<BaseRuntime> {
  const request = {
    wanted: precision === 'int8' ? ('int8' as const) : ('fp32' as const),
    device,
    train: split.train,
    images: [...split.train, ...split.val, ...split.test],
    countMissing: (fingerprint: string) => countMissing({ base, split, store }, fingerprint),
  };
  return chooseRuntime(base, request, context);
}

async function compare({ head, features }: Stage, tuned: Fit, val: SubsetFeatures): Promise<Verdict> {
  const before = features.subset('val');
  if (String(before.labels) !== String(val.labels)) {
    throw new FinetuneError('bad-data-set', 'Validation images changed while training. Train again.');
  }
  return compareClassifiers(
    { labels: val.labels, before: await head.predict(before), after: await tuned.predict(val) },
    val.labels.length,
  );
}

interface Finding {
  readonly cut: string;
  readonly verdict: Verdict;
}

function explain(tuned: Fit, { cut, verdict }: Finding): Fit {
  const { before, after, images } = verdict;
  return {
    ...tuned,
    description: `${tuned.description}: ${after} of ${images} validation images right, ${before} with the head alone`,
    details: { ...tuned.details, tuning: { cut, kept: true, ...verdict } },
  };
}

function explainRefusal(head: Fit, { cut, verdict }: Finding): Fit {
  const { before, after, images } = verdict;
  return {
    ...head,
    description:
      `${head.description}. Training what lies above ${cut} was no better by more than chance ` +
      `(${after} of ${images} validation images right, ${before} with the head alone): the head stays`,
    details: { ...head.details, tuning: { cut, kept: false, ...verdict } },
  };
}
