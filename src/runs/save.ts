// A run on disk: the joined model in both forms, run.json, history.jsonl, config.yaml.

import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { saveCard } from '../backbones/card.js';
import type { DataSet, Split } from '../data/data-set.js';
import type { Engine } from '../engines/start.js';
import type { Base } from '../features/base.js';
import type { FeatureSet } from '../features/feature-set.js';
import type { Precision } from '../features/precision.js';
import type { BaseRuntime } from '../features/runtime.js';
import { encodeModel } from '../formats/onnx/encode.js';
import { averageGraphOverMirror } from '../formats/onnx/mirror.js';
import { saveLayersModel } from '../formats/tfjs-layers/layers-model.js';
import { averageOverMirror } from '../network/mirror.js';
import type { Network } from '../network/network.js';
import { join as joinNetworks } from '../network/split.js';
import type { RawOptions } from '../options.js';
import { writeFolderAtomically } from '../system/atomic-folder.js';
import { writeAtomically } from '../system/atomic-write.js';
import type { Context } from '../system/context.js';
import { hashFolderFiles } from '../system/folder-files.js';
import { seal } from '../system/seal.js';
import type { TimeReport } from '../system/time-budget.js';
import type { Seconds, Timer } from '../system/timer.js';
import { versions } from '../system/versions.js';
import { averageViews, type TrainingData } from '../training/data.js';
import type { Fit } from '../training/fit.js';
import type { CrossValidation } from '../training/folds.js';
import type { Metrics } from '../training/metrics.js';
import { computeMetrics } from '../training/metrics.js';
import { type Agreement, comparePredictions } from './compare.js';
import { renderConfig } from './config.js';
import { folderRules, type RunPlan } from './folder.js';
import { runFormatVersion } from './record.js';
import type { Suggestion } from './suggestion.js';

/** Everything a finished training knows. */
export interface Training {
  /** The options, for run.json and config.yaml. */
  readonly options: RawOptions;
  readonly plan: RunPlan;
  readonly base: Base;
  /** The classifier averages over the image and its mirror. */
  readonly mirrored?: boolean | undefined;
  readonly runtime: Pick<BaseRuntime, 'precision' | 'device'>;
  readonly dataSet: DataSet;
  readonly split: Split;
  readonly features: FeatureSet;
  /** Images that went through the base as they are; features of the others were in the store. */
  readonly computed: number;
  /** Features of the first validation images from the base in fp32, where it runs in int8. */
  readonly floatFeatures: readonly (Float32Array | undefined)[] | undefined;
  readonly engine: Engine;
  readonly head: Fit;
  readonly timer: Timer;
  /** Where there was a budget. */
  readonly time?: TimeReport | undefined;
  /** What to try next, by how validation images were predicted. */
  readonly suggest?: ((val: Metrics | undefined) => Suggestion | undefined) | undefined;
}

/** What `train` gives; the same as run.json says, less the lists. */
export interface TrainResult {
  /** The run's folder. */
  readonly run: string;
  readonly classNames: readonly string[];
  readonly images: number;
  readonly trainImages: number;
  /** The backbone that stayed frozen, at least in part; undefined where a network was trained from scratch. */
  readonly backbone: string | undefined;
  /** Images that went through the base; features of the others were in the store. */
  readonly computed: number;
  readonly badImages: number;
  readonly precision: Pick<Precision, 'name' | 'reason'>;
  readonly engine: Engine;
  readonly head: Pick<Fit, 'solver' | 'description'> & Readonly<Record<string, unknown>>;
  /** On the validation images; undefined only where none was held out (`val: 0`, or one image per class). */
  readonly val: Metrics | undefined;
  /**
   * On the training images, by heads that had not seen them; undefined where nothing was chosen by it, and where more
   * than the head was trained. A little too good: the l2 and the kind of features were chosen by the same folds. With
   * `folds`, which holds no image out for validation, every fold has chosen its own l2, and trained as much as the whole.
   */
  readonly crossValidation: CrossValidation | undefined;
  /** On the test images; undefined where none was held out. */
  readonly test: Metrics | undefined;
  /** Where the base runs in int8: how the two saved models compare. */
  readonly agreement?: Agreement | undefined;
  /** Seconds per stage, and `total`. */
  readonly seconds: Seconds;
  /** Seconds that processors worked, by step; together all that the training used. */
  readonly profile: Readonly<Record<string, number>>;
  /** What the budget of time led to; undefined where there was none. */
  readonly time?: TimeReport | undefined;
  /** What is likely to be better; undefined where nothing is. */
  readonly suggestion?: Suggestion | undefined;
}

/**
 * Writes the run and says what was learnt. Where another training took the folder meanwhile, it is planned anew.
 * @throws FinetuneError `bad-option` where that folder was asked for with `--out`
 */
export async function saveRun(
  dir: string,
  training: Training,
  { signal }: Pick<Context, 'signal'>,
): Promise<TrainResult> {
  const { base, head, features, floatFeatures, dataSet, timer } = training;
  const { precision } = training.runtime;
  const classifier = joinNetworks(base.network, head.trainable);
  const measured = {
    val: await measure(head, features.subset('val'), dataSet.classNames),
    test: await measure(head, features.subset('test'), dataSet.classNames),
    agreement: floatFeatures && (await comparePredictions(head, floatFeatures, features.subset('val'))),
  };
  const { plan } = training;
  const { dir: run, written } = await writeFolderAtomically(dir, folderRules(plan), async temporary => {
    await saveModel(join(temporary, 'model'), classifier, training);
    signal.throwIfAborted();
    const graph = precision.compile(classifier);
    const onnx = encodeModel(training.mirrored ? averageGraphOverMirror(graph) : graph);
    await writeAtomically(join(temporary, 'model.onnx'), onnx);
    signal.throwIfAborted();
    await writeAtomically(
      join(temporary, 'history.jsonl'),
      head.history.map(line => `${JSON.stringify(line)}\n`).join(''),
    );
    await writeAtomically(join(temporary, 'config.yaml'), renderConfig(training.options));
    timer.step('save');
    const learnt = summarize(training, measured);
    await writeAtomically(
      join(temporary, 'run.json'),
      `${JSON.stringify(seal({ ...record(learnt, training), files: await hashFolderFiles(temporary) }), null, 1)}\n`,
    );
    signal.throwIfAborted();
    return learnt;
  });
  return { run, ...written };
}

async function measure(
  head: Fit,
  subset: TrainingData,
  classNames: readonly string[],
): Promise<Metrics | undefined> {
  if (subset.labels.length === 0) return undefined;
  const { probabilities, labels } = averageViews(await head.predict(subset), subset);
  return computeMetrics(probabilities, labels, classNames);
}

async function saveModel(
  dir: string,
  classifier: Network,
  { base, dataSet, mirrored }: Training,
): Promise<void> {
  await mkdir(dir);
  const { sha256 } = await saveLayersModel(dir, mirrored ? averageOverMirror(classifier) : classifier);
  await saveCard(dir, {
    ...base.card,
    name: basename(dataSet.root),
    mirrored: mirrored || undefined,
    classNames: dataSet.classNames,
    sha256,
  });
}

/** What there is to say before the run has its folder. */
type Learnt = Omit<TrainResult, 'run'>;

function summarize(
  { base, dataSet, features, computed, runtime: { precision }, engine, head, timer, time, suggest }: Training,
  measured: Pick<TrainResult, 'val' | 'test' | 'agreement'>,
): Learnt {
  return {
    classNames: dataSet.classNames,
    images: features.count,
    backbone: base.network.weights.size > 0 ? base.card.name : undefined,
    trainImages: new Set(features.subset('train').images.map(({ example }) => example)).size,
    computed,
    badImages: dataSet.bad.length + features.bad.length,
    precision: { name: precision.name, reason: precision.reason },
    engine,
    head: { solver: head.solver, description: head.description, ...head.details },
    ...measured,
    crossValidation: head.crossValidation,
    seconds: timer.seconds(),
    profile: profileOf(features, timer),
    time,
    suggestion: suggest?.(measured.val),
  };
}

/** Where processors' time went: the steps of extraction, the head, and `other`. */
function profileOf(features: FeatureSet, timer: Timer): Readonly<Record<string, number>> {
  const { head: fitted = 0, tune = 0, total = 0 } = timer.processorSeconds();
  const head = fitted + tune;
  const known = Object.values(features.profile).reduce((sum, seconds) => sum + seconds, head);
  return { ...features.profile, head, other: Math.max(0, total - known) };
}

/** run.json */
function record(learnt: Learnt, { options, base, runtime, dataSet, split, features }: Training) {
  const unreadable = new Set(features.bad.map(({ path }) => path));
  return {
    formatVersion: runFormatVersion,
    finishedAt: new Date().toISOString(),
    ...learnt,
    options,
    versions: versions(),
    base: {
      backbone: base.card.name,
      fingerprint: base.fingerprint,
      device: runtime.device,
      precision: runtime.precision.name,
      trials: runtime.precision.trials,
    },
    dataSet: { fingerprint: dataSet.fingerprint, warnings: dataSet.warnings },
    bad: [...dataSet.bad, ...features.bad],
    split: Object.fromEntries(
      Object.entries(split).flatMap(([subset, images]) =>
        images
          .filter(({ path }) => !unreadable.has(path))
          .map(({ path, hash }) => [path, { subset, hash }] as const),
      ),
    ),
  };
}
