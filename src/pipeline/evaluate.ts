// A trained classifier against labelled images: the run's own model.onnx, the run's own preprocessing.

import type { Example } from '../data/data-set.js';
import { reasonOfBadImage } from '../data/read-image.js';
import { scanDataSet } from '../data/scan.js';
import { FinetuneError } from '../errors.js';
import type { BadImage, EmitEvent } from '../events.js';
import { type Classifier, openClassifier } from '../runs/classifier.js';
import { type Run, resolveRun } from '../runs/folder.js';
import { mapAhead } from '../system/prefetch.js';
import type { Metrics } from '../training/metrics.js';
import { computeMetrics } from '../training/metrics.js';

export interface Evaluation {
  readonly run: string;
  readonly images: number;
  readonly metrics: Metrics;
  /** Images that the head was trained on: on these the accuracy flatters. */
  readonly seenInTraining: number;
  /** Metrics of the others alone, where some were seen and some not. */
  readonly unseen?: Metrics | undefined;
  readonly bad: readonly BadImage[];
}

const imagesAhead = 8;

/**
 * Measures a run on a folder of labelled images (a sub-folder per class).
 * @throws FinetuneError `bad-data-set` where a folder is no class of the run
 */
export async function evaluate(
  request: { readonly model?: string | undefined; readonly data: string },
  emit: EmitEvent,
): Promise<Evaluation> {
  const run = await resolveRun(request.model);
  const dataSet = await scanDataSet(request.data, 'measure');
  const labels = mapLabels(dataSet.classNames, run.record.classNames);
  for (const message of dataSet.warnings) emit({ type: 'warning', message });
  const classifier = await openClassifier({ model: run.dir });
  const answers = await classifyAll(classifier, dataSet.examples, emit).finally(() => classifier.close());
  const bad = [...dataSet.bad, ...answers.flatMap(answer => answer.bad ?? [])];
  for (const image of bad) emit({ type: 'bad-image', image });
  return { run: run.dir, bad, ...measure(run, answers, labels) };
}

/** Label in the data set -> label in the run. */
function mapLabels(dataClasses: readonly string[], runClasses: readonly string[]): number[] {
  return dataClasses.map(name => {
    const label = runClasses.indexOf(name);
    if (label >= 0) return label;
    throw new FinetuneError(
      'bad-data-set',
      `Folder "${name}" is no class of this run. Expected folders named as its classes: ${runClasses.join(', ')}.`,
    );
  });
}

interface Answer {
  readonly image: Example;
  readonly probabilities?: Float32Array;
  readonly bad?: BadImage;
}

async function classifyAll(
  classifier: Classifier,
  images: readonly Example[],
  emit: EmitEvent,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  const classify = async (image: Example): Promise<Answer> => {
    try {
      return { image, probabilities: await classifier.classify(image.file) };
    } catch (error) {
      return { image, bad: { path: image.path, reason: reasonOfBadImage(error) } };
    }
  };
  for await (const answer of mapAhead(images, classify, imagesAhead)) {
    answers.push(answer);
    emit({ type: 'evaluate', done: answers.length, total: images.length });
  }
  return answers;
}

function measure(
  { record }: Run,
  answers: readonly Answer[],
  labels: readonly number[],
): Pick<Evaluation, 'images' | 'metrics' | 'seenInTraining' | 'unseen'> {
  const trained = new Set(
    Object.values(record.split)
      .filter(({ side }) => side === 'train')
      .map(({ hash }) => hash),
  );
  const answered = answers.filter(answer => answer.probabilities !== undefined);
  if (answered.length === 0)
    throw new FinetuneError('bad-data-set', 'No image could be read: nothing to measure.');
  const unseen = answered.filter(({ image }) => !trained.has(image.hash));
  const metricsOf = (chosen: readonly Answer[]) =>
    computeMetrics(
      concatenate(chosen.map(({ probabilities }) => probabilities!)),
      Int32Array.from(chosen, ({ image }) => labels[image.label]!),
      record.classNames,
    );
  const seenInTraining = answered.length - unseen.length;
  return {
    images: answered.length,
    metrics: metricsOf(answered),
    seenInTraining,
    unseen: seenInTraining > 0 && unseen.length > 0 ? metricsOf(unseen) : undefined,
  };
}

function concatenate(rows: readonly Float32Array[]): Float32Array {
  const size = rows[0]?.length ?? 0;
  const joined = new Float32Array(rows.length * size);
  rows.forEach((row, i) => {
    joined.set(row, i * size);
  });
  return joined;
}
