// evaluate: a trained classifier on labelled images, with the run's own model.onnx and its own preprocessing.

import type { DataSet, Example } from '../data/data-set.js';
import { describeLikeness } from '../data/names.js';
import { scanDataSet } from '../data/scan.js';
import { describeNarrowRanges, type ValueRange } from '../data/value-range.js';
import { FinetuneError, refuseOption } from '../errors.js';
import type { BadImage } from '../events.js';
import { flag, maybe, number, type OptionTable } from '../option-kinds.js';
import { type Classifier, classifierOptions } from '../runs/classifier.js';
import { type Run, type RunRecord, resolveRun } from '../runs/record.js';
import type { Context } from '../system/context.js';
import { joinArrays } from '../system/join-arrays.js';
import { computeMetrics, type Metrics } from '../training/metrics.js';
import { chooseClassifier } from './choose-classifier.js';
import { dataFolder, device, exclude } from './common-options.js';
import { type OptionsOf, verb } from './verb.js';

/** Options of `evaluate`. */
export const evaluateOptions = {
  model: classifierOptions.model,
  device,
  views: classifierOptions.views,
  data: dataFolder('Folder with one sub-folder of images per class'),
  exclude,
  minAccuracy: maybe(number(0, 1, 'Exit 3 when the accuracy on images that the run has not seen is below')),
  includeTrainingImages: flag('Let --min-accuracy count images that the run was trained on, too'),
} as const satisfies OptionTable;

/** What `evaluate` takes. */
export type EvaluateOptions = OptionsOf<typeof evaluateOptions>;

/** How well a run does on labelled images. */
export interface Evaluation {
  /** The run's folder. */
  readonly run: string;
  /** What its network ran on in the end, and in which precision. */
  readonly device: Classifier['device'];
  readonly precision: Classifier['precision'];
  /** How many could be read. */
  readonly images: number;
  readonly metrics: Metrics;
  /** Images that the run was trained on, or chosen by: on these it does better than on others. */
  readonly seenInTraining: number;
  /** Metrics of the others alone, where some were seen and some not. */
  readonly unseen?: Metrics | undefined;
  /** The accuracy that cross-validation found when the run was trained. */
  readonly crossValidated?: number | undefined;
  /** Where a least accuracy was asked for. */
  readonly gate?: Gate | undefined;
  readonly bad: readonly BadImage[];
}

/** Whether a run is as accurate as it has to be. */
export interface Gate {
  readonly passed: boolean;
  readonly minAccuracy: number;
  /** How many images it was decided on. */
  readonly images: number;
  /** Undefined where there was no image to decide on: then the gate fails. */
  readonly accuracy: number | undefined;
}

/**
 * Measures a run on a folder of labelled images (a sub-folder per class).
 * @throws FinetuneError `bad-data-set` where a folder is no class of the run, or no image can be read
 * @example
 * const { gate } = await evaluate({ data: 'more-pets', minAccuracy: 0.9 });
 * if (!gate?.passed) process.exitCode = 3;
 */
export const evaluate = verb(evaluateOptions, async (options, context): Promise<Evaluation> => {
  if (options.includeTrainingImages && options.minAccuracy === undefined)
    refuseOption('--include-training-images is about --min-accuracy: add that, or leave it out.');
  const run = await resolveRun(options.model);
  const dataSet = await scanDataSet(options.data, {
    purpose: 'measure',
    exclude: options.exclude,
    signal: context.signal,
  });
  for (const message of dataSet.warnings) context.emit({ type: 'warning', message });
  const classifier = await chooseClassifier(
    { model: run.dir, device: options.device, views: options.views },
    { images: dataSet.examples },
    context,
  );
  const { predicted, bad: undecodable } = await predictAll(classifier, dataSet, context).finally(() =>
    classifier.close(),
  );
  const bad = [...dataSet.bad, ...undecodable];
  for (const image of bad) context.emit({ type: 'bad-image', image });
  if (predicted.length === 0) {
    throw new FinetuneError('bad-data-set', 'No image could be read: nothing to measure.');
  }
  const measured = measure(run, predicted);
  const { device, precision } = classifier;
  const crossValidated = run.record.crossValidation?.accuracy;
  const gate = decideGate(measured, options);
  return { ...{ run: run.dir, device, precision, crossValidated }, ...measured, gate, bad };
});

/** Examples with the run's labels instead of the data set's. */
function relabel({ examples, classNames }: DataSet, runClasses: readonly string[]): Example[] {
  const labels = classNames.map(name => runClasses.indexOf(name));
  const strange = classNames.find((_, given) => labels[given] === -1);
  if (strange === undefined) return examples.map(each => ({ ...each, label: labels[each.label] ?? -1 }));
  const like = runClasses.find(name => describeLikeness(strange, name) !== undefined);
  const hint =
    like && ` Its name and "${like}" differ ${describeLikeness(strange, like)}: rename the folder.`;
  throw new FinetuneError(
    'bad-data-set',
    `Folder "${strange}" is no class of this run. Expected folders named as its classes: ${runClasses.join(', ')}.${hint ?? ''}`,
  );
}

interface Predicted {
  readonly example: Example;
  readonly probabilities: Float32Array;
}

async function predictAll(
  classifier: Classifier,
  dataSet: DataSet,
  { emit, signal }: Context,
): Promise<{ readonly predicted: Predicted[]; readonly bad: BadImage[] }> {
  const examples = relabel(dataSet, classifier.classNames);
  const predicted: Predicted[] = [];
  const bad: BadImage[] = [];
  const narrowRanges = new Map<string, ValueRange>();
  for await (const { image: example, ...result } of classifier.classifyAll(examples, { signal })) {
    if (result.error !== undefined) bad.push({ path: example.path, reason: result.error });
    else {
      predicted.push({ example, probabilities: result.probabilities });
      if (result.narrowRange !== undefined) narrowRanges.set(example.path, result.narrowRange);
    }
    emit({ type: 'evaluate', done: predicted.length + bad.length, total: examples.length });
  }
  const message = describeNarrowRanges(narrowRanges);
  if (message !== undefined) emit({ type: 'warning', message });
  return { predicted, bad };
}

type Measured = Pick<Evaluation, 'images' | 'metrics' | 'seenInTraining' | 'unseen'>;

function measure({ record }: Run, predicted: readonly Predicted[]): Measured {
  const seen = hashesSeen(record);
  const unseen = predicted.filter(({ example }) => !seen.has(example.hash));
  const metricsOf = (chosen: readonly Predicted[]) =>
    computeMetrics(
      joinArrays(chosen.map(({ probabilities }) => probabilities)),
      Int32Array.from(chosen, ({ example }) => example.label),
      record.classNames,
    );
  return {
    images: predicted.length,
    metrics: metricsOf(predicted),
    seenInTraining: predicted.length - unseen.length,
    unseen: unseen.length > 0 && unseen.length < predicted.length ? metricsOf(unseen) : undefined,
  };
}

/** The hashes of training images, and of validation images where these decided which epoch is kept. */
function hashesSeen({ split, head }: RunRecord): ReadonlySet<string> {
  const subsets = head?.solver === 'lbfgs' ? ['train'] : ['train', 'val'];
  const entries = Object.values(split).filter(({ subset }) => subsets.includes(subset));
  return new Set(entries.map(({ hash }) => hash));
}

function decideGate(
  { images, seenInTraining, metrics, unseen }: Measured,
  options: { readonly minAccuracy?: number | undefined; readonly includeTrainingImages: boolean },
): Gate | undefined {
  const { minAccuracy, includeTrainingImages } = options;
  if (minAccuracy === undefined) return undefined;
  const countsAll = includeTrainingImages || seenInTraining === 0;
  const accuracy = countsAll ? metrics.accuracy : unseen?.accuracy;
  return {
    passed: accuracy !== undefined && accuracy >= minAccuracy,
    minAccuracy,
    images: countsAll ? images : images - seenInTraining,
    accuracy,
  };
}
