// How the learning rate goes over a training.

import type { EpochRecord } from '../events.js';

/** Its course. */
export type ScheduleName = 'constant' | 'cosine' | 'one-cycle' | 'step' | 'plateau';

/** What decides the rate. */
export interface SchedulePlan {
  readonly learningRate: number;
  readonly schedule: ScheduleName;
  /** Epochs at the beginning in which the rate rises step by step; `one-cycle` has a rise of its own. */
  readonly warmup: number;
  /** The epochs of the training. */
  readonly epochs: number;
}

/** A step of a training. */
export interface Moment {
  /** From 1. */
  readonly epoch: number;
  /** Part of the epoch's steps that are done with this one: above 0, 1 for the last. */
  readonly part: number;
  /** The records of the epochs before. */
  readonly history: readonly EpochRecord[];
}

/**
 * The rate of a step.
 *
 * - `constant`: the full rate.
 * - `cosine`: falls from epoch to epoch along half a cosine, to next to nothing in the last.
 * - `one-cycle`: over the first three tenths of all steps it rises from a 25th to the full rate, then falls to nothing,
 *   both along half a cosine (Smith 2018).
 * - `step`: a tenth of it after each third of the epochs.
 * - `plateau`: a fifth of it after every three epochs without a lower validation loss.
 */
export function rateAt(plan: SchedulePlan, moment: Moment): number {
  const { learningRate, warmup, epochs, schedule } = plan;
  const { epoch, part } = moment;
  if (schedule === 'one-cycle') return learningRate * oneCycle((epoch - 1 + part) / epochs);
  if (epoch <= warmup) return (learningRate * (epoch - 1 + part)) / warmup;
  const done = epoch - 1 - warmup;
  switch (schedule) {
    case 'constant':
      return learningRate;
    case 'cosine':
      return (learningRate * (1 + Math.cos((Math.PI * done) / (epochs - warmup)))) / 2;
    case 'step':
      return learningRate * 0.1 ** Math.floor((3 * done) / (epochs - warmup));
    case 'plateau':
      return learningRate * 0.2 ** countPlateaus(moment.history);
  }
}

const rise = 0.3;

function oneCycle(part: number): number {
  const bend = (from: number, to: number, at: number) =>
    to + ((from - to) * (1 + Math.cos(Math.PI * at))) / 2;
  return part <= rise ? bend(0.04, 1, part / rise) : bend(1, 0, (part - rise) / (1 - rise));
}

const patience = 3;

/** How often three epochs in a row had no lower validation loss than the best before them. */
function countPlateaus(history: readonly EpochRecord[]): number {
  let [best, waited, plateaus] = [Number.POSITIVE_INFINITY, 0, 0];
  for (const { valLoss = -Infinity } of history) {
    waited = valLoss < best ? 0 : waited + 1;
    best = Math.min(best, valLoss);
    if (waited < patience) continue;
    plateaus += 1;
    waited = 0;
  }
  return plateaus;
}
