// Training a tail by epochs: whatever lies above the cut, from a head alone to a whole network. Adam, its rate falling
// along half a cosine; seeded order and dropout; early stopping, best weights kept; checkpoints to go on from.

import { setImmediate } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { FinetuneError } from '../errors.js';
import type { EpochRecord } from '../events.js';
import { type Adam, type AdamState, createAdam, readValues } from './adam.js';
import { pinInferenceLayers, seedDropout } from './layer-modes.js';
import { seededRandom, shuffle } from './random.js';
import { judgeTail, type TailData, trainStep } from './tail-step.js';

export interface TailOptions {
  /** At most. */
  readonly epochs: number;
  readonly batchSize: number;
  /** Of the first epoch; it falls along half a cosine, to next to nothing in the last of `epochs`. */
  readonly learningRate: number;
  readonly seed: number;
  /** Stops after this many epochs without a lower validation loss. Default 10. Without validation nothing stops early. */
  readonly patience?: number | undefined;
  /** Images of the current epoch that are done, and all of them. */
  readonly onStep?: ((done: number, total: number) => void) | undefined;
  readonly onEpoch?: ((record: EpochRecord) => void) | undefined;
  /** Gets what it takes to go on after each epoch. */
  readonly onCheckpoint?: ((checkpoint: Checkpoint) => Promise<void>) | undefined;
  /** Goes on from there, as if nothing had been between: the same weights to the bit. */
  readonly resume?: Checkpoint | undefined;
}

/** Weights are the trainable ones, in the model's order. */
export interface Checkpoint {
  readonly weights: readonly Float32Array[];
  readonly adam: AdamState;
  readonly best: BestEpoch;
  /** Of the epochs so far. */
  readonly history: readonly EpochRecord[];
}

export interface BestEpoch {
  /** From 1: the one of lowest validation loss; the last one where there are no validation images. */
  readonly epoch: number;
  readonly weights: readonly Float32Array[];
}

export interface TrainedTail {
  readonly bestEpoch: number;
  readonly history: readonly EpochRecord[];
}

/**
 * Trains the trainable weights of `model` in place; they are the best epoch's in the end. Needs a started engine;
 * leaves no tensor behind.
 * @param model from features at the cut to probabilities `[n, classes]`; layers that are not `trainable` stay as they are
 * @param val decides when to stop and which epoch to keep, and is not trained on
 * @throws FinetuneError `bad-option` when the loss is no longer a finite number
 */
export async function trainTail(
  model: LayersModel,
  train: TailData,
  val: TailData | undefined,
  options: TailOptions,
): Promise<TrainedTail> {
  pinInferenceLayers(model);
  const variables = model.trainableWeights.map(weight => weight.read() as tf.Variable);
  const adam = createAdam(variables, options.resume?.adam);
  if (options.resume) writeValues(variables, options.resume.weights);
  const history = [...(options.resume?.history ?? [])];
  let best = options.resume?.best;
  try {
    while (goesOn(history, best, options)) {
      const started = performance.now();
      const epoch = history.length + 1;
      const trained = await runEpoch(model, train, { variables, adam }, epoch, options);
      validateLoss(trained.loss, epoch);
      const judged = val && (await judgeTail(model, val, options.batchSize));
      history.push({ epoch, ...trained, ...judged, seconds: (performance.now() - started) / 1000 });
      const weights = variables.map(readValues);
      if (isLowest(history)) best = { epoch, weights };
      options.onEpoch?.(history.at(-1)!);
      await options.onCheckpoint?.({ weights, adam: adam.readState(), best: best!, history });
    }
  } finally {
    adam.dispose();
  }
  writeValues(variables, best!.weights);
  return { bestEpoch: best!.epoch, history };
}

function goesOn(
  history: readonly EpochRecord[],
  best: BestEpoch | undefined,
  { epochs, patience = 10 }: TailOptions,
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

/** Whether the last epoch is the best so far; without validation images the last one always is. */
function isLowest(history: readonly EpochRecord[]): boolean {
  const last = history.at(-1)!.valLoss;
  return last === undefined || history.slice(0, -1).every(({ valLoss }) => last < valLoss!);
}

/** @returns mean loss and accuracy as the steps saw them: with dropout, while the weights changed */
async function runEpoch(
  model: LayersModel,
  train: TailData,
  trained: { readonly variables: readonly tf.Variable[]; readonly adam: Adam },
  epoch: number,
  options: TailOptions,
): Promise<{ loss: number; accuracy: number }> {
  const { seed, batchSize } = options;
  // A sequence of its own for each epoch: what is gone on with later runs as if it had never stopped.
  const random = seededRandom(seed, epoch);
  const order = shuffle([...train.labels.keys()], random);
  const rate = cosineRate(options, epoch);
  let [loss, right] = [0, 0];
  for (let from = 0; from < order.length; from += batchSize) {
    const rows = order.slice(from, from + batchSize);
    const batch = { features: await train.read(rows), labels: rows.map(row => train.labels[row]!) };
    seedDropout(model, random);
    const step = trainStep(model, { ...batch, shape: train.shape }, trained, rate);
    loss += step.loss * rows.length;
    right += step.right;
    options.onStep?.(from + rows.length, order.length);
    await setImmediate(); // a signal or a progress bar has its turn
  }
  return { loss: loss / order.length, accuracy: right / order.length };
}

/** Half a cosine: the full rate in the first epoch, next to nothing in the last. */
function cosineRate({ learningRate, epochs }: TailOptions, epoch: number): number {
  return (learningRate * (1 + Math.cos((Math.PI * (epoch - 1)) / epochs))) / 2;
}

function writeValues(variables: readonly tf.Variable[], values: readonly Float32Array[]): void {
  tf.tidy(() => {
    variables.forEach((variable, i) => {
      variable.assign(tf.tensor(values[i]!, variable.shape));
    });
  });
}
