// Steps of training, one batch after the other: what an epoch is made of, and what is measured before there are any.

import { setImmediate } from 'node:timers/promises';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { prefetch } from '../system/prefetch.js';
import { type EpochRequest, groupRows, type TrainingData } from './data.js';
import type { StepResult } from './gradients.js';
import { mixBatch } from './mixup.js';
import { type Batch, trainableWeights } from './model.js';
import { Optimizer, type OptimizerPlan, type OptimizerState } from './optimizer.js';
import type { Random } from './random.js';
import { type Trainer, trainStep } from './step.js';

/** What to step through, and how. */
export interface StepsPlan {
  readonly data: TrainingData;
  /** From 1. */
  readonly epoch: number;
  /** Rows of the data, in the order in which they are trained on. */
  readonly order: readonly number[];
  readonly batchSize: number;
  /** Seeds dropout's masks. */
  readonly random: Random;
  /** The rate of a step with which so many rows are done. */
  readonly rateAfter: (done: number) => number;
  readonly signal: AbortSignal;
  /** The alpha of MixUp; absent: images are trained on as they are. */
  readonly mixup?: number | undefined;
}

/** A step that was taken. */
export interface Step extends StepResult {
  readonly images: number;
  /** The images of all steps so far, this one included. */
  readonly done: number;
  readonly rate: number;
}

/** Takes steps for as long as they are asked for. */
export async function* takeSteps(
  trainer: Trainer,
  { data, epoch, order, batchSize, random, rateAfter, signal, mixup }: StepsPlan,
): AsyncGenerator<Step> {
  let done = 0;
  const batches = [...groupRows(order, batchSize)];
  for await (const batch of readBatches(data, { epoch, batches, signal })) {
    signal.throwIfAborted();
    const images = batch.labels.length;
    done += images;
    const rate = rateAfter(done);
    const seen = mixup === undefined ? batch : mixBatch(batch, mixup, random);
    const step = await trainStep(trainer, seen, { rate, random });
    await setImmediate(); // a signal, a progress bar or the reading of the next batch has its turn
    yield { ...step, images, done, rate };
  }
}

/** The next batch is read while one is in use. */
async function* readBatches(data: TrainingData, request: EpochRequest): AsyncGenerator<Batch> {
  const { batches } = request;
  const read = async (rows: readonly number[]) => data.read(rows);
  const all = data.drawEpoch?.(request) ?? prefetch(batches, read, { count: 1 });
  let next = 0;
  for await (const features of all) {
    const rows = batches[next++] ?? [];
    yield { features, shape: data.shape, labels: rows.map(row => data.labels[row]!) };
  }
}

/** A row of every image. */
export function drawRows({ labels, views }: TrainingData, random: Random): number[] {
  if (views === undefined) return [...labels.keys()];
  return views.flatMap(rows => rows[Math.floor(random() * rows.length)] ?? []);
}

/** What moves a model's weights. */
export interface ModelOptimizerPlan extends OptimizerPlan {
  /** What the rate of a layer's weights is multiplied with; absent: 1 for all. */
  readonly layerFactors?: ReadonlyMap<string, number> | undefined;
}

/**
 * An optimizer of all that may be trained of a model. Whoever asked for it disposes it.
 * @param from the state of another one of the same plan and model, to go on from there
 */
export function openOptimizer(
  model: LayersModel,
  plan: ModelOptimizerPlan,
  from?: OptimizerState,
): Optimizer {
  const factorOf = (weight: string) => plan.layerFactors?.get(weight.slice(0, weight.lastIndexOf('/'))) ?? 1;
  const tuned = trainableWeights(model).map(({ name, variable }) => ({ variable, factor: factorOf(name) }));
  return new Optimizer(tuned, plan, from);
}
