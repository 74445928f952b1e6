// Fine-tuning where there are too few images to hold some out for good: every image is predicted by a network that was
// tuned without it, and only where these beat heads alone is one tuned on everything.

import { originalView } from '../../data/image-rules.js';
import type { SubsetImage } from '../../features/feature-set.js';
import type { Context } from '../../system/context.js';
import { joinArrays } from '../../system/join-arrays.js';
import { measureFolds } from '../../training/cross-validate.js';
import { selectRows } from '../../training/data.js';
import { fit } from '../../training/fit.js';
import { dealFolds, type FoldsPlan } from '../../training/folds.js';
import { type Comparison, compareClassifiers } from '../../training/significance.js';
import { predictBoth, type Stage } from './stage.js';
import {
  type ComparedTuning,
  joinStart,
  type TuningStart,
  type TuningWork,
  tuneStage,
} from './tune-stage.js';

/** What is tuned, and on which folds. */
export interface FoldsWork extends TuningWork {
  readonly folds: FoldsPlan;
}

/**
 * Fits a head and tunes from there as many times as there are folds, each time without the images that are held out, in
 * whatever view. Checkpoints of folds that are done stay until the run is saved: a training that goes on reads them.
 */
export async function tuneByFolds(
  stage: Stage,
  begun: TuningStart,
  { folds, ...work }: FoldsWork,
): Promise<ComparedTuning> {
  const forgets: (() => Promise<void>)[] = [];
  const compared: ComparedFold[] = [];
  for (const fold of listFolds(stage, folds)) {
    const context = contextOfFold(work.context, { number: fold.number + 1, total: folds.count });
    const own = await startFold(stage, begun, { ...work, ...fold, context });
    const { tuned, forgetCheckpoint } = await tuneStage(own.stage, own.begun, { ...work, context });
    forgets.push(forgetCheckpoint);
    const { features } = own.begun;
    const predicted = await predictBoth(own.stage, { head: tuned, features }, 'test');
    compared.push({ fold: fold.number, ...predicted });
  }
  const all = joinComparisons(compared);
  const verdict = compareClassifiers(all, all.labels.length);
  const final = verdict.isBetter ? await tuneStage(stage, begun, work) : undefined;
  if (final !== undefined) forgets.push(final.forgetCheckpoint);
  const measure = (which: 'before' | 'after') =>
    measureFolds(
      compared.map(each => ({ ...each, probabilities: each[which] })),
      work.dataSet.classNames,
    );
  return {
    ...{ tuned: final?.tuned, verdict },
    crossValidations: { before: measure('before'), after: measure('after') },
    forgetCheckpoint: async () => {
      for (const forget of forgets) await forget();
    },
  };
}

interface ComparedFold extends Comparison {
  readonly fold: number;
}

/** A fold that holds images out. */
interface Fold {
  readonly number: number;
  readonly isHeldOut: (image: SubsetImage) => boolean;
}

function listFolds({ features }: Stage, plan: FoldsPlan): Fold[] {
  const train = features.subset('train');
  const { heldOutBy } = dealFolds(train, plan);
  const foldOf = new Map(train.images.map(({ example }, row) => [example.path, heldOutBy[row]] as const));
  const numbers = [...new Set(heldOutBy)].filter(number => number >= 0).sort((a, b) => a - b);
  return numbers.map(number => ({ number, isHeldOut: ({ example }) => foldOf.get(example.path) === number }));
}

/**
 * A stage and what is tuned of it as a fold sees them: its test images are those that it holds out. There are no validation
 * images, which would have a say in the training.
 */
async function startFold(
  { features: seen, ...stage }: Stage,
  { features: atCut, ...begun }: TuningStart,
  { isHeldOut, ...work }: Fold & TuningWork,
): Promise<{ readonly stage: Stage; readonly begun: TuningStart }> {
  const { context, head: plan } = work;
  const assign = (image: SubsetImage) => (isHeldOut(image) ? 'test' : 'train');
  const features = seen.assign(image => (image.subset === 'train' ? assign(image) : undefined));
  const train = features.subset('train');
  const head = await fit({ train, val: selectRows(train, []) }, plan, context);
  const own = { ...stage, features, head };
  const isSeen = (image: SubsetImage) =>
    image.subset === 'train' && (!isHeldOut(image) || image.view === originalView);
  return {
    stage: own,
    begun: {
      ...{ ...begun, context },
      features: atCut.assign(image => (isSeen(image) ? assign(image) : undefined)),
      start: await joinStart(begun.trainable, own, work),
    },
  };
}

/** What is told of a fold says which one it is; how its head is found is not told. */
function contextOfFold(context: Context, fold: { readonly number: number; readonly total: number }): Context {
  return {
    ...context,
    emit(event) {
      if (event.type === 'epoch') context.emit({ ...event, fold });
      if ('message' in event)
        context.emit({ ...event, message: `Fold ${fold.number} of ${fold.total}: ${event.message}` });
    },
  };
}

function joinComparisons(parts: readonly Comparison[]): Comparison {
  return {
    labels: Int32Array.from(parts.flatMap(({ labels }) => [...labels])),
    before: joinArrays(parts.map(({ before }) => before)),
    after: joinArrays(parts.map(({ after }) => after)),
  };
}
