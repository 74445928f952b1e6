// How to fit, settled from the options: which solver, and every setting of the training loop.

import type { HeadPlan } from './head.js';
import type { ChosenL2 } from './linear/l2.js';
import type { LoopPlan } from './loop.js';
import { type ClassWeights, weighClasses } from './loss.js';
import type { OptimizerName } from './optimizer.js';
import type { ScheduleName } from './schedule.js';

/** What the options of a training say about fitting. */
export interface FitOptions extends LoopOptions {
  readonly headSolver: 'lbfgs' | 'adam' | undefined;
  readonly hidden: readonly number[];
  readonly l2: number | undefined;
  readonly dropout: number | undefined;
}

/** What they say about training by epochs. */
export interface LoopOptions {
  readonly seed: number;
  readonly epochs: number | undefined;
  readonly batchSize: number | undefined;
  readonly learningRate: number | undefined;
  readonly optimizer: OptimizerName | undefined;
  readonly schedule: ScheduleName | undefined;
  readonly warmup: number | undefined;
  readonly weightDecay: number | undefined;
  readonly clipNorm: number | undefined;
  readonly labelSmoothing: number | undefined;
  readonly mixup: number | undefined;
  readonly focalLoss: number | undefined;
  readonly classWeights: ClassWeights | undefined;
  readonly ema: number | undefined;
  readonly patience: number | undefined;
  readonly targetAccuracy: number | undefined;
}

/** What is fitted and how. */
export type FitPlan = SolvedPlan | EpochsPlan;

/** A linear head, solved to its optimum. */
export interface SolvedPlan {
  readonly solver: 'lbfgs';
  readonly classes: number;
  readonly seed: number;
  /** The strength of the L2 penalty; chosen by cross-validation where absent. */
  readonly l2?: number | undefined;
  /** Absent: every image counts the same. */
  readonly classWeights?: ClassWeights | undefined;
  /** What cross-validation has found of the same data already. */
  readonly chosen?: ChosenL2 | undefined;
}

/** A head with or without hidden layers, trained by epochs. */
export interface EpochsPlan extends HeadPlan, TrainingPlan {
  readonly solver: OptimizerName;
}

/** The loop's plan, less what depends on the images. */
export interface TrainingPlan extends Omit<LoopPlan, 'classWeights'> {
  readonly classWeights?: ClassWeights | undefined;
}

type Defaults = Omit<TrainingPlan, 'seed' | 'targetAccuracy' | 'classWeights' | 'layerFactors'>;

const headDefaults: Defaults = {
  ...{ epochs: 100, batchSize: 32, learningRate: 1e-3, optimizer: 'adam', schedule: 'cosine', warmup: 0 },
  ...{ weightDecay: 0, labelSmoothing: 0, focus: 0, patience: 10 },
};

const networkDefaults: Defaults = {
  ...{ epochs: 8, batchSize: 32, learningRate: 3e-4, optimizer: 'adamw', schedule: 'cosine', warmup: 1 },
  ...{ weightDecay: 0.01, clipNorm: 1, labelSmoothing: 0.1, focus: 0 },
};

/** As Keras' example trains its ConvNet, but for the rate, which falls. */
const scratchDefaults: Defaults = {
  ...{ epochs: 15, batchSize: 128, learningRate: 1e-3, optimizer: 'adam', schedule: 'cosine', warmup: 0 },
  ...{ weightDecay: 0, labelSmoothing: 0, focus: 0 },
};

/** The part of the units that is dropped while a head is trained by epochs. */
const headDropout = 0.3;

/** Names of the options that say how to train by epochs, and nothing else. */
export const loopOptionNames = [
  ...(['batchSize', 'learningRate', 'optimizer', 'schedule', 'warmup', 'weightDecay', 'clipNorm'] as const),
  ...(['labelSmoothing', 'mixup', 'focalLoss', 'ema', 'patience', 'targetAccuracy'] as const),
];

/** True when the options ask for training by epochs instead of the optimum of a linear head. */
export function trainsByEpochs(options: Pick<FitOptions, 'headSolver' | 'hidden' | 'epochs'>): boolean {
  return options.headSolver === 'adam' || options.hidden.length > 0 || options.epochs !== undefined;
}

/** Settles how to fit a head for so many classes. */
export function planFit(options: FitOptions, classes: number): FitPlan {
  const { seed, hidden, l2, dropout, classWeights } = options;
  if (!trainsByEpochs(options)) return { solver: 'lbfgs', classes, seed, l2, classWeights };
  const loop = planLoop(options, headDefaults);
  return { ...loop, solver: loop.optimizer, classes, hidden, dropout: dropout ?? headDropout };
}

/** The options of the head that fine-tuning starts from: those of epochs are for what comes after. */
export function startOptions(options: FitOptions): FitOptions {
  const { seed, hidden, l2, dropout, headSolver, classWeights } = options;
  return { ...noLoopOptions, seed, hidden, l2, dropout, headSolver, classWeights };
}

/** A linear head that cannot be solved, as its features do not fit in memory. */
export function planUnsolved({ classes, seed, classWeights }: SolvedPlan): EpochsPlan {
  const loop = planLoop({ ...noLoopOptions, seed, classWeights }, headDefaults);
  return { ...loop, solver: loop.optimizer, classes, hidden: [], dropout: headDropout };
}

/** Settles how to train a network whose weights are good already. */
export function planTuning(options: LoopOptions): TrainingPlan {
  return planLoop(options, networkDefaults);
}

/** Settles how to train a network whose weights are random. */
export function planScratch(options: LoopOptions): TrainingPlan {
  return planLoop(options, scratchDefaults);
}

/** The loop's plan for these images. */
export function planForImages(plan: TrainingPlan, labels: Int32Array, classes: number): LoopPlan {
  const { classWeights, ...rest } = plan;
  return { ...rest, classWeights: classWeights && weighClasses(classWeights, labels, classes) };
}

/** The settings of a loop, for run.json. */
export function describeLoop(plan: TrainingPlan): Readonly<Record<string, unknown>> {
  const { epochs, batchSize, learningRate, optimizer, schedule, warmup, weightDecay, clipNorm } = plan;
  const { labelSmoothing, mixup, focus, classWeights, ema, patience, targetAccuracy } = plan;
  const always = { epochs, batchSize, learningRate, optimizer, schedule };
  const used = {
    warmup,
    weightDecay,
    clipNorm,
    labelSmoothing,
    mixup,
    focalLoss: focus,
    classWeights,
    ema,
    patience,
    targetAccuracy,
  };
  return { ...always, ...Object.fromEntries(Object.entries(used).filter(([, value]) => Boolean(value))) };
}

const noLoopOptions: Omit<LoopOptions, 'seed'> = {
  ...{ epochs: undefined, batchSize: undefined, learningRate: undefined, optimizer: undefined },
  ...{ schedule: undefined, warmup: undefined, weightDecay: undefined, clipNorm: undefined },
  ...{ labelSmoothing: undefined, focalLoss: undefined, classWeights: undefined, ema: undefined },
  ...{ patience: undefined, targetAccuracy: undefined, mixup: undefined },
};

function planLoop(options: LoopOptions, defaults: Defaults): TrainingPlan {
  const optimizer = options.optimizer ?? defaults.optimizer;
  // AdamW is Adam with a decay; steps of SGD are not divided by the gradient's size, so its rates are larger.
  const weightDecay = optimizer === 'adamw' ? networkDefaults.weightDecay : defaults.weightDecay;
  const learningRate = optimizer === 'sgd' ? 10 * defaults.learningRate : defaults.learningRate;
  const epochs = options.epochs ?? defaults.epochs;
  return {
    ...{ seed: options.seed, epochs, optimizer },
    batchSize: options.batchSize ?? defaults.batchSize,
    learningRate: options.learningRate ?? learningRate,
    schedule: options.schedule ?? defaults.schedule,
    warmup: Math.min(options.warmup ?? defaults.warmup, epochs - 1),
    weightDecay: options.weightDecay ?? weightDecay,
    clipNorm: options.clipNorm ?? defaults.clipNorm,
    labelSmoothing: options.labelSmoothing ?? defaults.labelSmoothing,
    focus: options.focalLoss ?? defaults.focus,
    classWeights: options.classWeights,
    mixup: options.mixup,
    ema: options.ema,
    patience: options.patience ?? defaults.patience,
    targetAccuracy: options.targetAccuracy,
  };
}
