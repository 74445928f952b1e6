// One step of training: the gradients of a batch, and what the optimizer makes of them. Where the engine has one thread,
// others may take their parts of the batch.

import type { LayersModel } from '@tensorflow/tfjs-layers';
import { tf } from '../engines/tfjs.js';
import { computeGradients, type StepResult } from './gradients.js';
import { seedDropout } from './layers.js';
import type { LossPlan } from './loss.js';
import type { Batch } from './model.js';
import type { Optimizer } from './optimizer.js';
import type { Random } from './random.js';
import type { StepThreads } from './step-threads.js';

/** What takes the steps. */
export interface Trainer {
  readonly model: LayersModel;
  readonly optimizer: Optimizer;
  readonly loss: LossPlan;
  /** Threads that take a part of every batch; absent: this one takes all. */
  readonly threads?: StepThreads | undefined;
}

/**
 * One step at `rate`.
 * @param random seeds dropout's masks
 */
export async function trainStep(
  { model, optimizer, loss, threads }: Trainer,
  batch: Batch,
  { rate, random }: { readonly rate: number; readonly random: Random },
): Promise<StepResult> {
  seedDropout(model, random);
  const dealt = threads?.begin(model, batch, random);
  const own = computeGradients(model, dealt?.own ?? { ...batch, share: 1 }, loss);
  const others = (await dealt?.others) ?? [];
  tf.tidy(() => {
    const gradients = own.gradients.map((gradient, i) => {
      const parts = others.flatMap(({ gradients: { [i]: values } }) =>
        values ? [tf.tensor(values, gradient.shape)] : [],
      );
      return parts.length > 0 ? tf.addN([gradient, ...parts]) : gradient;
    });
    optimizer.step(gradients, rate);
  });
  tf.dispose([...own.gradients]);
  const all = [own, ...others];
  return {
    loss: all.reduce((sum, part) => sum + part.loss, 0),
    right: all.reduce((sum, part) => sum + part.right, 0),
  };
}
