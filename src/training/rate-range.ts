// The learning-rate range test (Smith 2015, "Cyclical Learning Rates for Training Neural Networks"), as fastai's lr_find
// does it: the rate grows from batch to batch, and the loss says which rates teach, and which undo.

import type { Network } from '../network/network.js';
import type { Context } from '../system/context.js';
import type { TrainingData } from './data.js';
import { deviationOf } from './folds.js';
import type { LoopPlan } from './loop.js';
import { seededRandom, shuffle } from './random.js';
import { drawRows, openOptimizer, takeSteps } from './steps.js';
import { withTrainableModel } from './trainable-model.js';

/** A step of the test. */
export interface RatePoint {
  readonly learningRate: number;
  /** The loss of its batch, as training makes it small. */
  readonly loss: number;
  /** Mean of the losses so far, the later ones counting more: what is looked at. */
  readonly smoothed: number;
}

/** What a test of rates has found. */
export interface RateRange {
  /** A point a step, the rates rising; the last one is where the loss diverged, if it did. */
  readonly points: readonly RatePoint[];
  /** By fastai's rule `minimum`, a tenth of the rate of the least loss; undefined where it is least by chance. */
  readonly suggested: number | undefined;
  /** The rate that training takes where nothing is said. */
  readonly usual: number;
}

const steps = 100;
const [lowest, highest] = [1e-7, 10];
/** What the mean keeps of itself from step to step. */
const memory = 0.98;
/** A loss of so many times the least one is beyond hope. */
const diverged = 4;

/**
 * Trains with a rate that grows from 1e-7 to 10 in 100 steps, and ends where the loss diverges. Weights are thrown away.
 * Needs a started engine; leaves no tensor behind.
 * @param plan of the training that is to be; its rate, schedule and epochs count for nothing here
 */
export async function testRates(
  network: Network,
  data: TrainingData,
  { signal, emit, ...plan }: LoopPlan & Context,
): Promise<RatePoint[]> {
  const { seed, batchSize, mixup } = plan;
  const images = steps * batchSize;
  return await withTrainableModel(network, { ...plan, images }, async ({ model, threads }) => {
    const optimizer = openOptimizer(model, plan);
    const trainer = { model, optimizer, loss: plan, threads };
    const points: RatePoint[] = [];
    const rateAfter = () => lowest * (highest / lowest) ** (points.length / (steps - 1));
    try {
      for (let epoch = 1; ; epoch++) {
        const random = seededRandom(seed, epoch);
        const order = shuffle(drawRows(data, random), random);
        const request = { data, epoch, order, batchSize, random, rateAfter, signal, mixup };
        for await (const { loss, rate } of takeSteps(trainer, request)) {
          if (Number.isFinite(loss)) points.push(addPoint(points, loss, rate));
          const isOver = points.length === steps || !Number.isFinite(loss) || hasDiverged(points);
          emit({ type: 'rates', done: isOver ? steps : points.length, total: steps });
          if (isOver) return points;
        }
      }
    } finally {
      optimizer.dispose();
    }
  });
}

/** The mean begins with nothing, which is taken out of it again: else it would begin too low. */
function addPoint(before: readonly RatePoint[], loss: number, learningRate: number): RatePoint {
  const kept = before.length === 0 ? 0 : memory * (1 - memory ** before.length);
  const sum = kept * (before.at(-1)?.smoothed ?? 0) + (1 - memory) * loss;
  return { learningRate, loss, smoothed: sum / (1 - memory ** (before.length + 1)) };
}

function hasDiverged(points: readonly RatePoint[]): boolean {
  const losses = points.map(({ smoothed }) => smoothed);
  return (losses.at(-1) ?? 0) > diverged * Math.min(...losses);
}

/** Steps up to a rate of 1e-5, which teach nothing: their losses differ by chance alone. */
const untaught = steps / 4;

/** The last steps diverge. */
const skipLast = 5;

/** A loss that falls by less than this part of itself, or by fewer standard errors of what is chance, does not fall. */
const [leastFall, leastErrors] = [0.01, 2];

/**
 * A tenth of the rate at which the smoothed loss is least: fastai's rule `minimum`. Its rules `steep` and `valley` named
 * rates that were lower still. It says in which range to look: trainings at what it named for the blocks of
 * EfficientNet-Lite0 on flowers (6.3e-5) and for a hidden head (7.9e-3) were no better than at the usual rates.
 * @returns two digits of it; undefined where the loss falls at no rate by more than chance
 */
export function suggestRate(points: readonly RatePoint[]): number | undefined {
  const judged = points.slice(untaught, -skipLast);
  const losses = judged.map(({ smoothed }) => smoothed);
  const [first = 0] = losses;
  const least = Math.min(...losses);
  const chance = deviationOf(points.slice(0, untaught).map(({ loss }) => loss)) ?? 0;
  const fall = Math.max(leastFall * first, (leastErrors * chance) / Math.sqrt(untaught));
  if (first - least < fall) return undefined;
  const rate = judged[losses.indexOf(least)]?.learningRate;
  return rate && Number((rate / 10).toPrecision(2));
}
