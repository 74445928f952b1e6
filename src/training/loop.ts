// The training loop, for whatever lies above the cut, from a head alone to a whole network: Adam, its rate falling
// along half a cosine; seeded order and dropout; early stopping, best weights kept; checkpoints to go on from.

import { setImmediate } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { FinetuneError } from '../errors.js';
import type { EpochRecord } from '../events.js';
import type { Context } from '../system/context.js';
import { prefetch } from '../system/prefetch.js';
import { type FitData, groupRows, type TrainingData } from './data.js';
import { computeMetrics } from './metrics.js';
import { type Batch, predictData, seedDropout, trainableVariables, trainStep } from './model.js';
import { createAdam, type Optimizer, type OptimizerState, readValues } from './optimizer.js';
import { seededRandom, shuffle } from './random.js';

/** How to train by epochs. */
export interface LoopPlan {
  /** At most. */
  readonly epochs: number;
  readonly batchSize: number;
  /** Of the first epoch; it falls along half a cosine, to next to nothing in the last of `epochs`. */
  readonly learningRate: number;
  readonly seed: number;
  /** Stops after this many epochs without a lower validation loss. Default 10. Without validation nothing stops early. */
  readonly patience?: number | undefined;
}

/** Whom the loop tells, and where it goes on. */
export interface LoopContext extends Context {
  /** Gets what it takes to go on after each epoch. */
  readonly onCheckpoint?: ((checkpoint: Checkpoint) => Promise<void>) | undefined;
  /** Goes on from there, as if nothing had been between: the same weights to the bit. */
  readonly resume?: Checkpoint | undefined;
}

/** Weights are the trainable ones, in the model's order. */
export interface Checkpoint {
  readonly weights: readonly Float32Array[];
  readonly optimizer: OptimizerState;
  readonly best: BestEpoch;
  /** Of the epochs so far. */
  readonly history: readonly EpochRecord[];
}

/** The epoch that is kept. */
export interface BestEpoch {
  /** From 1: the one of lowest validation loss; the last one where there are no validation images. */
  readonly epoch: number;
  readonly weights: readonly Float32Array[];
}

/** What a training by epochs gives beside the weights. */
export interface LoopResult {
  /** From 1. */
  readonly bestEpoch: number;
  readonly history: readonly EpochRecord[];
}

/** A training under way. */
interface Training {
  readonly model: LayersModel;
  readonly optimizer: Optimizer;
  readonly plan: LoopPlan;
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
  { emit, signal, onCheckpoint, resume, ...plan }: LoopPlan & LoopContext,
): Promise<LoopResult> {
  const variables = trainableVariables(model);
  const optimizer = createAdam(variables, resume?.optimizer);
  if (resume) writeValues(variables, resume.weights);
  const history = [...(resume?.history ?? [])];
  let best = resume?.best;
  try {
    while (goesOn(history, best, plan)) {
      const started = performance.now();
      const epoch = history.length + 1;
      const trained = await runEpoch({ model, optimizer, plan }, train, epoch, signal);
      validateLoss(trained.loss, epoch);
      const evaluated = val.labels.length > 0 ? await evaluateEpoch(model, val, plan.batchSize) : {};
      const record = { epoch, ...trained, ...evaluated, seconds: (performance.now() - started) / 1000 };
      const weights = variables.map(readValues);
      if (best === undefined || isLower(record, history[best.epoch - 1])) best = { epoch, weights };
      history.push(record);
      emit({ type: 'epoch', epoch: record, epochs: plan.epochs });
      await onCheckpoint?.({ weights, optimizer: optimizer.readState(), best, history });
    }
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
  { epochs, patience = 10 }: LoopPlan,
): boolean {
  return history.length < epochs && history.length - (best?.epoch ?? 0) < patience;
}

function validateLoss(loss: number, epoch: number): void {
  if (Number.isFinite(loss)) return;
  throw new FinetuneError(
    'bad-option',
    `Training diverged: in epoch ${epoch} the loss is ${loss}. Expected a finite number; a smaller --learning-rate keeps it so.`,
  );
}

/** Without validation images every epoch is better than those before. */
function isLower({ valLoss }: EpochRecord, best: EpochRecord | undefined): boolean {
  return valLoss === undefined || best?.valLoss === undefined || valLoss < best.valLoss;
}

/** @returns mean loss and accuracy as the steps saw them: with dropout, while the weights changed */
async function runEpoch(
  training: Training,
  data: TrainingData,
  epoch: number,
  signal: AbortSignal,
): Promise<{ loss: number; accuracy: number }> {
  const { seed, batchSize } = training.plan;
  // A sequence of its own for each epoch: what is gone on with later runs as if it had never stopped.
  const random = seededRandom(seed, epoch);
  const order = shuffle([...data.labels.keys()], random);
  const rate = cosineRate(training.plan, epoch);
  let [loss, right] = [0, 0];
  for await (const batch of readBatches(data, groupRows(order, batchSize))) {
    signal.throwIfAborted();
    seedDropout(training.model, random);
    const step = trainStep(training, batch, rate);
    loss += step.loss * batch.labels.length;
    right += step.right;
    await setImmediate(); // a signal, a progress bar or the reading of the next batch has its turn
  }
  return { loss: loss / order.length, accuracy: right / order.length };
}

/** The next batch is read while one is in use. */
function readBatches(data: TrainingData, groups: Iterable<readonly number[]>): AsyncGenerator<Batch> {
  const read = async (rows: readonly number[]): Promise<Batch> => ({
    features: await data.read(rows),
    shape: data.shape,
    labels: rows.map(row => data.labels[row]!),
  });
  return prefetch(groups, read, { count: 1 });
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

/** Half a cosine: the full rate in the first epoch, next to nothing in the last. */
function cosineRate({ learningRate, epochs }: LoopPlan, epoch: number): number {
  return (learningRate * (1 + Math.cos((Math.PI * (epoch - 1)) / epochs))) / 2;
}

function writeValues(variables: readonly tf.Variable[], values: readonly Float32Array[]): void {
  tf.tidy(() => {
    variables.forEach((variable, i) => {
      const saved = values[i];
      if (saved === undefined) throw new Error(`No values for ${variable.name}.`);
      variable.assign(tf.tensor(saved, variable.shape));
    });
  });
}
