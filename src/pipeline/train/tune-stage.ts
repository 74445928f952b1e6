// Training more of a stage than its head: what lies above a lower cut, from where it is, on features there.

import type { DataSet } from '../../data/data-set.js';
import { originalView } from '../../data/image-rules.js';
import type { Engine } from '../../engines/start.js';
import { isBareInput, splitBase, withoutTaps } from '../../features/base.js';
import type { SubsetFeatures } from '../../features/feature-set.js';
import { fingerprintOf } from '../../network/fingerprint.js';
import type { Network } from '../../network/network.js';
import { blockBoundaries, join } from '../../network/split.js';
import type { Context } from '../../system/context.js';
import { versions } from '../../system/versions.js';
import { type CheckpointPlace, placeCheckpoint } from '../../training/checkpoint.js';
import { selectRows } from '../../training/data.js';
import { type Fit, fit, tune } from '../../training/fit.js';
import type { FitPlan } from '../../training/plan.js';
import { refitHead } from '../../training/refit.js';
import type { Verdict } from '../../training/significance.js';
import type { CrossValidations, Stage } from './stage.js';
import type { TuningPlan } from './tuning-plan.js';

/** What is about to be tuned. */
export interface TuningStart extends Pick<Stage, 'base' | 'runtime' | 'features'> {
  readonly cut: string;
  /** What lies above the cut, without the head. */
  readonly trainable: Network;
  /** With it. */
  readonly start: Network;
  readonly plan: TuningPlan;
  /** What the rate of a layer's weights is multiplied with. */
  readonly factors: ReadonlyMap<string, number>;
  /** Its budget ends before what comes afterwards. */
  readonly context: Context;
}

/** How it is tuned. */
export interface TuningWork {
  /** The plan of the head that training starts from. */
  readonly head: FitPlan;
  readonly engine: Engine;
  readonly dataSet: Pick<DataSet, 'classNames'>;
  /** That of the head. */
  readonly context: Context;
}

/** What was trained. */
export interface TunedStage {
  readonly tuned: Fit;
  /** Takes the checkpoint away, once the run is saved. */
  readonly forgetCheckpoint: () => Promise<void>;
}

/** The same, once it was compared: absent where it is not better. */
export interface ComparedTuning extends Pick<TunedStage, 'forgetCheckpoint'> {
  readonly tuned: Fit | undefined;
  readonly verdict: Verdict;
  readonly crossValidations?: CrossValidations | undefined;
}

/** Trains what lies above the cut, from a stage's head on, and solves the head anew. */
export async function tuneStage(stage: Stage, begun: TuningStart, work: TuningWork): Promise<TunedStage> {
  const { base, features, cut, plan } = begun;
  const { engine, head, dataSet, context } = work;
  const isWhole = isBareInput(base);
  const data = { train: features.subset('train'), val: features.subset('val') };
  const checkpoint = await findCheckpoint(begun, engine, data);
  const trained = await tune(
    data,
    {
      ...{ ...plan.loop, start: begun.start, classes: dataSet.classNames.length, checkpoint },
      layerFactors: begun.factors,
      description: `${isWhole ? 'the whole network' : `everything above ${cut}`} trained`,
    },
    begun.context,
  );
  // An epoch that was trained up to a target is kept as it is.
  const isTarget = plan.loop.targetAccuracy !== undefined;
  const refitting = { cut, isWhole, train: data.train, plan: head, context };
  const tuned = isTarget ? trained : await solveAgain(trained, stage, refitting);
  return { tuned, forgetCheckpoint: checkpoint.forget };
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
 * What is trained, as it starts: what lies above a cut, with a head on the last layer alone, as that lies above all that is
 * trained.
 */
export async function joinStart(
  trainable: Network,
  { base, features, head }: Stage,
  { head: plan, context }: Pick<TuningWork, 'head' | 'context'>,
): Promise<Network> {
  if (base.taps.length === 0) return join(trainable, head.trainable);
  const [size = 0] = base.groupSizes;
  const last = features.using([{ size, weight: 1 }]);
  const onLast = await fit({ train: last.subset('train'), val: last.subset('val') }, plan, context);
  return join(trainable, onLast.trainable);
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
