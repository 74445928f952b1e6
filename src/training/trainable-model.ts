// A network opened to be trained: its model on the engine, and the threads that take their parts of its steps.

import type { LayersModel } from '@tensorflow/tfjs-layers';
import type { Network } from '../network/network.js';
import type { LossPlan } from './loss.js';
import { openModel, trainableWeights } from './model.js';
import { countStepThreads, StepThreads, type Workload } from './step-threads.js';

/** What steps need to know of a training. */
export interface TrainableModelPlan extends LossPlan, Workload {}

/** A network that is open. */
export interface TrainableModel {
  readonly model: LayersModel;
  /** Elements of each trainable weight, in the model's order. */
  readonly lengths: readonly number[];
  readonly threads: StepThreads | undefined;
}

/** Does work on a network that is opened for it and closed afterwards. Needs a started engine. */
export async function withTrainableModel<Result>(
  network: Network,
  { labelSmoothing, classWeights, focus, ...workload }: TrainableModelPlan,
  work: (model: TrainableModel) => Promise<Result>,
): Promise<Result> {
  const model = await openModel(network);
  const lengths = trainableWeights(model).map(({ variable }) => variable.size);
  const count = countStepThreads(network, workload);
  const loss = { labelSmoothing, classWeights, focus };
  const threads = count > 1 ? new StepThreads(network, loss, { count, lengths }) : undefined;
  try {
    return await work({ model, lengths, threads });
  } finally {
    await threads?.stop();
    model.dispose();
  }
}
