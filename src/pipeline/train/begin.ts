// The start of a training: everything that is settled before the first image is seen.

import type { PreparedBackbone } from '../../backbones/resolve.js';
import type { DataSet } from '../../data/data-set.js';
import { scanDataSet } from '../../data/scan.js';
import { type Engine, startEngine } from '../../engines/start.js';
import { type Base, loadBase } from '../../features/base.js';
import type { FeatureSet } from '../../features/feature-set.js';
import { planRunFolder, type RunPlan } from '../../runs/folder.js';
import type { Context } from '../../system/context.js';
import { startTimer, type Timer } from '../../system/timer.js';
import type { ClassWeights } from '../../training/loss.js';
import { chooseBackbone, chooseBestBackbone } from '../choose-backbone.js';
import { type DividedData, splitData } from '../split-data.js';
import { type Attempt, beginAttempt, refuseFinished } from './attempt.js';
import { loadAugmentation } from './augment-option.js';
import { limitTaps } from './choose-features.js';
import { loadClassWeights, resolveClassWeights } from './class-weights-option.js';
import type { SettledTrainOptions } from './options.js';
import { tellOfDataSet } from './tell-of-data-set.js';
import { planTraining, type TrainingPlan } from './training-plan.js';

/**
 * Reads the tables of options that name files, so that the run keeps what was used.
 * @throws FinetuneError `bad-option`
 */
export async function withTables<Options extends Pick<SettledTrainOptions, 'augment' | 'classWeights'>>(
  options: Options,
): Promise<Options> {
  return {
    ...options,
    augment: await loadAugmentation(options.augment),
    classWeights: await loadClassWeights(options.classWeights),
  };
}

/** What a training is about to do, whether or not a run is to be saved. */
export interface Job {
  /** The options with the backbone's name, under which the same training can be asked for again. */
  readonly options: SettledTrainOptions & { readonly backbone: string };
  readonly plan: TrainingPlan;
  /** The whole backbone, with the lower layers that there are few enough images to try. */
  readonly base: Base;
  /** As the folder was found. */
  readonly scanned: DataSet;
  /** As far as copies were known before any image was seen. */
  readonly divided: DividedData;
  readonly engine: Engine;
  readonly timer: Timer;
  /** Closed when the job ends, however it does. */
  readonly opened: FeatureSet[];
}

/** A job that ends in a run. */
export interface RunJob extends Job {
  /** The run's folder. */
  readonly dir: string;
  readonly run: RunPlan;
  readonly attempt: Attempt;
}

/**
 * Settles the backbone, the run's folder, the split and the engine.
 * @throws FinetuneError for what the user can mend: options, data set, backbone, folder
 */
export async function beginTraining(options: SettledTrainOptions, context: Context): Promise<RunJob> {
  const plan = planTraining(options);
  const timer = startTimer();
  const backbone = await settleBackbone(options, plan, context);
  const run = { ...plan.run, inputs: { ...plan.run.inputs, '--backbone': backbone.dir } };
  refuseFinished(run, options.resume);
  const dir = await planRunFolder(run);
  const job = await prepareJob({ options, plan, backbone, timer }, context);
  const { scanned, engine } = job;
  return {
    ...job,
    dir,
    run,
    attempt: await beginAttempt({ dir, plan: run, options, dataSet: scanned, engine }),
  };
}

/**
 * Settles what a training would do, of which nothing is to be saved.
 * @throws FinetuneError for what the user can mend: options, data set, backbone
 */
export async function beginTrial(options: SettledTrainOptions, context: Context): Promise<Job> {
  const plan = planTraining(options);
  const timer = startTimer();
  const backbone = await settleBackbone(options, plan, context);
  return await prepareJob({ options, plan, backbone, timer }, context);
}

interface Settled extends Pick<Job, 'plan' | 'timer'> {
  readonly options: SettledTrainOptions;
  readonly backbone: NamedBackbone;
}

async function prepareJob({ options, plan, backbone, timer }: Settled, context: Context): Promise<Job> {
  const { emit, signal } = context;
  const whole = await loadBase({ ...plan.base, backbone: backbone.dir });
  timer.step('start');

  const scanned = await scanDataSet(options.data, { exclude: options.exclude, signal });
  const divided = await splitData(scanned, plan.split, signal);
  tellOfDataSet(divided.dataSet, divided.warnings, emit);
  const classWeights = resolveClassWeights(options.classWeights, divided.dataSet.classNames);
  signal.throwIfAborted();
  timer.step('scan');

  const engine = await startEngine(options.engine);
  timer.step('engine');
  return {
    ...{ scanned, divided, engine, timer },
    plan: withClassWeights(plan, classWeights),
    options: { ...options, backbone: backbone.name },
    base: limitTaps(whole, plan.features, divided.split.train.length),
    opened: [],
  };
}

/** Under the name that repeats the training. */
type NamedBackbone = PreparedBackbone & { readonly name: string };

async function settleBackbone(
  { backbone: asked, data, exclude, engine }: SettledTrainOptions,
  { split, store }: TrainingPlan,
  context: Context,
): Promise<NamedBackbone> {
  if (asked === 'auto') return await chooseBestBackbone({ data, exclude, engine, split, store }, context);
  const found = await chooseBackbone(asked, context.emit);
  return { ...found, name: asked ?? found.card.name };
}

/** The plan with what classes weigh, which is known once their names are. */
export function withClassWeights(plan: TrainingPlan, classWeights: ClassWeights | undefined): TrainingPlan {
  const { fit, tuning } = plan;
  return {
    ...plan,
    fit: { ...fit, classWeights },
    tuning: tuning && { ...tuning, loop: { ...tuning.loop, classWeights } },
  };
}
