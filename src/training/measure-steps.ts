// How long a training takes on this machine, by a few of its steps, whose weights are thrown away.

import type { Network } from '../network/network.js';
import type { Context } from '../system/context.js';
import type { TimeBudget } from '../system/time-budget.js';
import type { TrainingData } from './data.js';
import type { LoopPlan } from './loop.js';
import { seededRandom } from './random.js';
import { drawRows, openOptimizer, takeSteps } from './steps.js';
import { withTrainableModel } from './trainable-model.js';

/** What is measured of at most so many steps, which take no longer in all; the first step is never timed: it warms up. */
const most = { steps: 3, seconds: 2 } as const;

/**
 * Seconds that a step takes per image, by the budget's clock. Needs a started engine; leaves no tensor behind.
 * @param plan of the training that is to be, with as many threads
 */
export async function measureSteps(
  network: Network,
  data: TrainingData,
  { signal, budget, ...plan }: LoopPlan & Context & { readonly budget: TimeBudget },
): Promise<number> {
  const images = plan.epochs * (data.views ?? data.labels).length;
  return await withTrainableModel(network, { ...plan, images }, async ({ model, threads }) => {
    const optimizer = openOptimizer(model, plan);
    const random = seededRandom(plan.seed);
    const rateAfter = () => plan.learningRate;
    const steps = {
      data,
      epoch: 1,
      order: drawRows(data, random),
      batchSize: plan.batchSize,
      mixup: plan.mixup,
      random,
      rateAfter,
      signal,
    };
    let before = budget.left();
    let [timed, seen, taken] = [0, 0, 0];
    try {
      for await (const step of takeSteps({ model, optimizer, loss: plan, threads }, steps)) {
        const now = budget.left();
        // Where there is a single batch, its step is all there is to go by.
        if (taken === 1) [timed, seen] = [0, 0];
        timed += before - now;
        seen += step.images;
        before = now;
        taken += 1;
        if (taken > 1 && (taken > most.steps || timed >= most.seconds)) break;
      }
    } finally {
      optimizer.dispose();
    }
    return timed / seen;
  });
}
