// A thread that takes a part of every batch: an engine and the network of its own.

import type { LayersModel } from '@tensorflow/tfjs-layers';
import { workerData } from 'piscina';
import { startEngine } from '../engines/start.js';
import { tf } from '../engines/tfjs.js';
import type { Network } from '../network/network.js';
import { beginWork, endWork, type SharedState } from '../system/thread-guard.js';
import { computeGradients, cutApart, type Part, type StepResult } from './gradients.js';
import { seedDropout } from './layers.js';
import type { LossPlan } from './loss.js';
import { openModel, trainableWeights } from './model.js';
import { writeValues } from './optimizer.js';
import { seededRandom } from './random.js';

/** What every thread needs to know once. */
export interface StepWorkerData {
  readonly network: Network;
  readonly loss: LossPlan;
  /** In shared memory: the trainable weights of the step that is to be taken, one after the other. */
  readonly weights: Float32Array;
  /** In which the thread counts as at work when it starts. */
  readonly state: SharedState;
}

/** A part of a step. */
export interface PartTask {
  readonly part: Part;
  /** In shared memory: filled, one weight's after the other. */
  readonly gradients: Float32Array;
  /** The seed of dropout's masks. */
  readonly seed: number;
}

const { network, loss, weights, state }: StepWorkerData = workerData;
const opening = startEngine('wasm')
  .then(() => openModel(network))
  .finally(() => endWork(state));
// Whoever wants a step of this thread hears of a failure.
opening.catch(() => undefined);

/** Computes a part's gradients with the weights as they are by now. */
export default async function takePart(task: PartTask): Promise<StepResult> {
  const model = await opening;
  if (!beginWork(state)) throw new Error('The training is over.');
  try {
    return compute(model, task);
  } finally {
    endWork(state);
  }
}

function compute(model: LayersModel, { part, gradients, seed }: PartTask): StepResult {
  const variables = trainableWeights(model).map(({ variable }) => variable);
  writeValues(variables, cutApart(weights, variables));
  seedDropout(model, seededRandom(seed));
  const { gradients: computed, ...result } = computeGradients(model, part, loss);
  cutApart(gradients, computed).forEach((target, i) => {
    target.set(computed[i]?.dataSync<'float32'>() ?? []);
  });
  tf.dispose([...computed]);
  return result;
}
