// What is worth trying after a head was trained alone, and how long that would take here.

import type { DataSet } from '../../data/data-set.js';
import type { Engine } from '../../engines/start.js';
import { withoutTaps } from '../../features/base.js';
import { countMultiplications } from '../../network/multiplications.js';
import { splitAt } from '../../network/split.js';
import type { Suggestion } from '../../runs/suggestion.js';
import { countProcessors } from '../../system/processors.js';
import { averageViews } from '../../training/data.js';
import { computeMetrics, type Metrics } from '../../training/metrics.js';
import { planCut } from '../../training/unfreeze.js';
import type { Stage } from './stage.js';
import type { TuningPlan } from './tuning-plan.js';

/** A head is weak below this accuracy. */
const weakAccuracy = 0.9;

/** Training images of a class, on average, that are enough to train more than a head on. */
const enoughImages = 100;

/** With fewer mistakes on validation images, nothing is better by more than chance: all of five of them have to go. */
const fewestMistakes = 5;

/** What a head does. */
export interface HeadFigures {
  readonly trainImages: number;
  readonly classes: number;
  /** Cross-validated where that is known, which is less a matter of chance; else on validation images. */
  readonly accuracy: number;
  /** Validation images that are taken for something else. */
  readonly mistakes: number;
}

/**
 * Whether training more than the head is likely to be worth its time: with many images, or where the head is weak, and
 * where there is something to gain that validation images can show.
 */
export function isWorthTuning({ trainImages, classes, accuracy, mistakes }: HeadFigures): boolean {
  return mistakes >= fewestMistakes && (accuracy < weakAccuracy || trainImages >= enoughImages * classes);
}

/** The same of a stage that is not measured yet. Needs a started engine. */
export async function mayHelp(
  { head, features }: Stage,
  { classNames }: Pick<DataSet, 'classNames'>,
): Promise<boolean> {
  const val = features.subset('val');
  const { probabilities, labels } = averageViews(await head.predict(val), val);
  return isWorthTuning(figuresOf({ head, features }, computeMetrics(probabilities, labels, classNames)));
}

/** @param val on validation images */
function figuresOf({ head, features }: Pick<Stage, 'head' | 'features'>, val: Metrics): HeadFigures {
  const train = features.subset('train');
  const validated = countValidated(val);
  return {
    trainImages: (train.views ?? train.labels).length,
    classes: val.perClass.length,
    accuracy: head.crossValidation?.accuracy ?? val.accuracy,
    mistakes: Math.round(validated * (1 - val.accuracy)),
  };
}

function countValidated({ perClass }: Metrics): number {
  return perClass.reduce((sum, { support }) => sum + support, 0);
}

/** What is known when a head is trained. */
export interface HeadTraining {
  readonly stage: Stage;
  readonly engine: Engine;
  /** The plan of the recipe fine-tune. */
  readonly plan: TuningPlan;
}

/**
 * Suggests fine-tuning where it is likely to help.
 * @param val on validation images, without which there is nothing to compare on
 */
export function suggestTuning(
  { stage, engine, plan }: HeadTraining,
  val: Metrics | undefined,
): Suggestion | undefined {
  const { head } = stage;
  if (val === undefined || head.solver !== 'lbfgs' || 'tuning' in head.details) return undefined;
  const figures = figuresOf(stage, val);
  if (!isWorthTuning(figures)) return undefined;
  const { trainImages, classes, accuracy } = figures;
  const reason =
    accuracy < weakAccuracy
      ? `the head's accuracy is ${accuracy.toFixed(2)}`
      : `classes have ${Math.round(trainImages / classes)} training images`;
  const validated = countValidated(val);
  const measured = measureRow(stage);
  const { views, loop } = plan;
  return {
    ...{ recipe: 'fine-tune', reason },
    seconds:
      measured &&
      estimateTuning({
        ...measured,
        share: shareAbove(stage, plan),
        rows: trainImages * (views + 1) + validated,
        steps: loop.epochs * (trainImages + validated / 3),
        engine: engine.name,
      }) / countProcessors(),
  };
}

/** Seconds of processor time per image, as this training has spent it; nothing where it ran the base on few or on a GPU. */
function measureRow({
  features,
  runtime: { device, precision },
}: Stage): { base: number; decode: number } | undefined {
  const { computed, profile } = features;
  const isOnCpu = device === undefined || device.name === 'cpu';
  if (computed < fewestMeasured || !isOnCpu) return undefined;
  const { base = 0, read = 0, decode = 0, preprocess = 0 } = profile;
  const speeds =
    precision.name === 'int8'
      ? precision.trials.find(each => each.imagesPerSecond)?.imagesPerSecond
      : undefined;
  const speedup = speeds === undefined ? 1 : speeds.int8 / speeds.fp32;
  return { base: (base / computed) * speedup, decode: (read + decode + preprocess) / computed };
}

/** The time that fewer images took is mostly that of the start. */
const fewestMeasured = 100;

/** The part of the base's multiplications that lies above the cut. */
function shareAbove({ base }: Stage, { unfreeze }: TuningPlan): number {
  const { network } = withoutTaps(base);
  const { trainable } = splitAt(network, planCut(network, unfreeze));
  return countMultiplications(trainable) / countMultiplications(network);
}

/** What an estimate goes by. */
export interface TuningFigures {
  /** Seconds of processor time that an image takes in the whole base, in fp32. */
  readonly base: number;
  /** Seconds to read, decode and resize it. */
  readonly decode: number;
  /** The part of the base's work that lies above the cut. */
  readonly share: number;
  /** Views that go through the frozen part. */
  readonly rows: number;
  /** Images that are trained on, in all epochs together; a validated one is a third of one. */
  readonly steps: number;
  readonly engine: Engine['name'];
}

/**
 * What a multiplication of a trained image takes, there and back, by what one of the base takes in ONNX Runtime: measured as
 * processor time of fine-tuning EfficientNet-Lite0 on two processors.
 */
const trainingFactor: Readonly<Record<Engine['name'], number>> = { tensorflow: 2.9, wasm: 8.6 };

/** Seconds of processor time of a whole fine-tuning. */
export function estimateTuning({ base, decode, share, rows, steps, engine }: TuningFigures): number {
  return rows * (decode + (1 - share) * base) + steps * share * base * trainingFactor[engine];
}
