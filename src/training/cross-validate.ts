// Cross-validation of whatever is fitted on features: every image is predicted by a fit that has not seen it.

import type { Context } from '../system/context.js';
import { joinArrays } from '../system/join-arrays.js';
import { averageViews, selectRows, type TrainingData } from './data.js';
import { fit } from './fit.js';
import {
  type CrossValidation,
  dealFolds,
  type FoldsPlan,
  type HeldOutImage,
  summarizeFolds,
} from './folds.js';
import { computeMetrics, lossOf, predictLabels } from './metrics.js';
import type { FitPlan } from './plan.js';

/** What is fitted, on which folds. */
export interface CrossValidationRequest extends FoldsPlan {
  readonly fit: FitPlan;
  readonly classNames: readonly string[];
}

/**
 * Fits as many times as there are folds, each time as the whole would be fitted: an l2 is chosen anew, without the images
 * that are held out. Needs a started engine; leaves no tensor behind.
 * @returns undefined where no image can be held out
 * @throws as `fit` does
 */
export async function crossValidateFit(
  train: TrainingData,
  { fit: plan, classNames, ...folds }: CrossValidationRequest,
  context: Context,
): Promise<CrossValidation | undefined> {
  const { count, heldOutBy } = dealFolds(train, folds);
  // Only what goes wrong is told of the fits within.
  const quiet: Context = {
    signal: context.signal,
    emit: event => event.type === 'warning' && context.emit(event),
  };
  const rows = [...heldOutBy.keys()];
  const predicted: PredictedFold[] = [];
  for (let fold = 0; fold < count; fold++) {
    context.signal.throwIfAborted();
    const heldOut = selectRows(
      train,
      rows.filter(row => heldOutBy[row] === fold),
    );
    if (heldOut.labels.length === 0) continue;
    const kept = selectRows(
      train,
      rows.filter(row => heldOutBy[row] !== fold),
    );
    const fitted = await fit({ train: kept, val: selectRows(train, []) }, plan, quiet);
    predicted.push({ fold, ...averageViews(await fitted.predict(heldOut), heldOut) });
    context.emit({ type: 'folds', done: fold + 1, total: count });
  }
  return predicted.length === 0 ? undefined : measureFolds(predicted, classNames);
}

/** What was predicted of the images that a fold holds out. */
export interface PredictedFold {
  readonly fold: number;
  /** `[labels.length, classes]` */
  readonly probabilities: Float32Array;
  readonly labels: Int32Array;
}

/** Measures what all folds have predicted, of which there is one at least. */
export function measureFolds(
  parts: readonly PredictedFold[],
  classNames: readonly string[],
): CrossValidation {
  const metrics = computeMetrics(
    joinArrays(parts.map(({ probabilities }) => probabilities)),
    Int32Array.from(parts.flatMap(({ labels }) => [...labels])),
    classNames,
  );
  return { ...summarizeFolds(parts.flatMap(listImages)), metrics };
}

function listImages({ fold, probabilities, labels }: PredictedFold): HeldOutImage[] {
  const predictions = predictLabels(probabilities, labels.length);
  const classes = probabilities.length / labels.length;
  return Array.from(labels, (label, image) => ({
    fold,
    isRight: predictions[image] === label,
    loss: lossOf(probabilities[image * classes + label] ?? 0),
  }));
}
