// The training loop, for whatever lies above the cut, from a head alone to a whole network: seeded order and dropout,
// early stopping with the best weights kept, checkpoints to go on from. Optimizer, schedule and loss are files of their own.

import type { LayersModel } from '@tensorflow/tfjs-layers';
import { refuseOption } from '../errors.js';
import type { EpochRecord } from '../events.js';
import type { Context } from '../system/context.js';
import type { TimeBudget } from '../system/time-budget.js';
import type { FitData, TrainingData } from './data.js';
import { isOver, limitEpochs } from './epochs-in-time.js';
import type { LossPlan } from './loss.js';
import { computeMetrics } from './metrics.js';
import { predictData, trainableWeights } from './model.js';
import { type OptimizerState, readValues, writeValues } from './optimizer.js';
import { seededRandom, shuffle } from './random.js';
import { rateAt, type SchedulePlan } from './schedule.js';
import type { Trainer } from './step.js';
import type { StepThreads } from './step-threads.js';
import { drawRows, type ModelOptimizerPlan, openOptimizer, takeSteps } from './steps.js';

/** How to train by epochs. */
export interface LoopPlan extends ModelOptimizerPlan, SchedulePlan, LossPlan {
  /** The most that are trained. */
  readonly epochs: number;
  readonly batchSize: number;
  readonly seed: number;
  /**
   * Stops after this many epochs without a lower validation loss, and keeps the epoch of the lowest. Absent: all
   * epochs are run and the last is kept, so that validation images have no say in what they are to evaluate.
   */
  readonly patience?: number | undefined;
  /** Stops after the first epoch whose validation accuracy is no less. */
  readonly targetAccuracy?: number | undefined;
  /** The alpha of MixUp; absent: images are trained on as they are. */
  readonly mixup?: number | undefined;
}

/** Who hears of the loop, and where it goes on. */
export interface LoopContext extends Context {
  /** Gets what it takes to go on after each epoch. */
  readonly onCheckpoint?: ((checkpoint: Checkpoint) => Promise<void>) | undefined;
  /** Goes on from there, as if nothing had been between: the same weights to the bit. */
  readonly resume?: Checkpoint | undefined;
  /** Threads that take their parts of the steps; who started them stops them. */
  readonly threads?: StepThreads | undefined;
}

/** Weights are the trainable ones, in the model's order. */
export interface Checkpoint {
  readonly weights: readonly Float32Array[];
  readonly optimizer: OptimizerState;
  readonly best: BestEpoch;
  /** The records of the epochs so far. */
  readonly history: readonly EpochRecord[];
}

/** The epoch that is kept. */
export interface BestEpoch {
  /** From 1: the one of lowest validation loss; the last one without `patience` or validation images. */
  readonly epoch: number;
  readonly weights: readonly Float32Array[];
}

/** What a training by epochs gives beside the weights. */
export interface LoopResult {
  /** From 1. */
  readonly bestEpoch: number;
  readonly history: readonly EpochRecord[];
}

/**
 * Trains the trainable weights of `model` in place; they are the best epoch's in the end. Needs a started engine;
 * leaves no tensor behind.
 * @param model as `openModel` gives it: from features to probabilities `[n, classes]`; layers that are not `trainable`
 * stay as they are
 * @throws FinetuneError `bad-option` when the loss is no longer a finite number
 */
export async function trainByEpochs(
  model: LayersModel,
  { train, val }: FitData,
  { emit, signal, budget, onCheckpoint, resume, threads, ...whole }: LoopPlan & LoopContext,
): Promise<LoopResult> {
  const variables = trainableWeights(model).map(({ variable }) => variable);
  if (resume) writeValues(variables, resume.weights);
  const optimizer = openOptimizer(model, whole, resume?.optimizer);
  const trainer = { model, optimizer, loss: whole, threads };
  const history = [...(resume?.history ?? [])];
  let best = resume?.best;
  try {
    budget?.plan({ epochs: whole.epochs });
    let plan = limitEpochs(whole, history, budget);
    while (goesOn(history, best, plan)) {
      const started = performance.now();
      const epoch = history.length + 1;
      const { images, ...trained } = await runEpoch(trainer, train, { plan, history, signal, budget });
      validateLoss(trained.loss, epoch);
      const current = variables.map(readValues);
      const kept = optimizer.readWeights();
      writeValues(variables, kept);
      const evaluated = val.labels.length > 0 ? await evaluateEpoch(model, val, plan.batchSize) : {};
      writeValues(variables, current);
      const record = { epoch, ...trained, ...evaluated, seconds: (performance.now() - started) / 1000 };
      if (best === undefined || isBest(record, history[best.epoch - 1], plan))
        best = { epoch, weights: kept };
      history.push(record);
      emit({ type: 'epoch', epoch: record, epochs: plan.epochs, images });
      await onCheckpoint?.({ weights: current, optimizer: optimizer.readState(), best, history });
      plan = limitEpochs(whole, history, budget);
    }
    budget?.reach({ epochs: history.length });
  } finally {
    optimizer.dispose();
  }
  if (best === undefined) throw new Error('Training takes at least one epoch.');
  writeValues(variables, best.weights);
  return { bestEpoch: best.epoch, history };
}

function goesOn(
  history: readonly EpochRecord[],
  best: BestEpoch | undefined,
  { epochs, patience = Infinity, targetAccuracy }: LoopPlan,
): boolean {
  if (hasReached(history.at(-1), targetAccuracy)) return false;
  return history.length < epochs && history.length - (best?.epoch ?? 0) < patience;
}

/** Whether an epoch is as accurate on validation images as it has to be. */
export function hasReached(epoch: EpochRecord | undefined, targetAccuracy: number | undefined): boolean {
  const { valAccuracy } = epoch ?? {};
  return targetAccuracy !== undefined && valAccuracy !== undefined && valAccuracy >= targetAccuracy;
}

function validateLoss(loss: number, epoch: number): void {
  if (Number.isFinite(loss)) return;
  refuseOption(
    `Training diverged: in epoch ${epoch} the loss is ${loss}. Expected a finite number; a smaller --learning-rate keeps it so.`,
  );
}

/**
 * The epoch that reaches the target is kept. Without validation images, and where nothing is stopped early, every epoch
 * is better than those before.
 */
function isBest(epoch: EpochRecord, best: EpochRecord | undefined, plan: LoopPlan): boolean {
  if (plan.patience === undefined || hasReached(epoch, plan.targetAccuracy)) return true;
  const { valLoss } = epoch;
  return valLoss === undefined || best?.valLoss === undefined || valLoss < best.valLoss;
}

/** The epochs before, and what says how to go on. */
interface EpochContext {
  readonly plan: LoopPlan;
  readonly history: readonly EpochRecord[];
  readonly signal: AbortSignal;
  readonly budget: TimeBudget | undefined;
}

/** @returns mean loss and accuracy as the steps saw them: with dropout, while the weights changed; the last step's rate */
async function runEpoch(
  trainer: Trainer,
  data: TrainingData,
  { plan, history, signal, budget }: EpochContext,
): Promise<{ loss: number; accuracy: number; learningRate: number; images: number }> {
  const epoch = history.length + 1;
  // A sequence of its own for each epoch: what is gone on with later runs as if it had never stopped.
  const random = seededRandom(plan.seed, epoch);
  const order = shuffle(drawRows(data, random), random);
  const { batchSize, mixup } = plan;
  const rateAfter = (done: number) => rateAt(plan, { epoch, part: done / order.length, history });
  let [loss, right, images, learningRate] = [0, 0, 0, 0];
  const steps = { data, epoch, order, batchSize, random, rateAfter, signal, mixup };
  for await (const step of takeSteps(trainer, steps)) {
    loss += step.loss * step.images;
    right += step.right;
    images = step.done;
    learningRate = step.rate;
    if (images < order.length && isOver(epoch, budget)) break;
  }
  return { loss: loss / images, accuracy: right / images, learningRate, images };
}

/** Loss and accuracy on data that is not trained on: no dropout. */
async function evaluateEpoch(
  model: LayersModel,
  data: TrainingData,
  batchSize: number,
): Promise<{ valLoss: number; valAccuracy: number }> {
  const probabilities = await predictData(model, data, batchSize);
  const classes = probabilities.length / data.labels.length;
  const names = Array.from({ length: classes }, (_, label) => String(label));
  const { loss, accuracy } = computeMetrics(probabilities, data.labels, names);
  return { valLoss: loss, valAccuracy: accuracy };
}
