// A step on several threads: the wasm engine has one, so each thread gets an engine and a copy of the network of its own,
// and some images of every batch. Weights and gradients lie in memory that all of them see.

import type { LayersModel } from '@tensorflow/tfjs-layers';
import { tf } from '../engines/tfjs.js';
import { countMultiplications } from '../network/multiplications.js';
import type { Network } from '../network/network.js';
import { elementCount } from '../network/source.js';
import { type GuardedThreads, startGuardedThreads } from '../system/guarded-threads.js';
import { countProcessors } from '../system/processors.js';
import { cutApart, type Part, type StepResult } from './gradients.js';
import type { LossPlan } from './loss.js';
import { type Batch, type Mixed, trainableWeights } from './model.js';
import type { Random } from './random.js';
import type { PartTask, StepWorkerData } from './step-worker.js';

/** How much there is to train. */
export interface Workload {
  readonly batchSize: number;
  /** In all epochs together. */
  readonly images: number;
}

/**
 * How many threads a training is worth, this one included. The same machine always takes the same number, whatever else
 * it is doing: sums over other parts of a batch differ in their last bits.
 */
export function countStepThreads(
  network: Pick<Network, 'topology'>,
  { batchSize, images }: Workload,
): number {
  // Backwards it is twice the work of forwards.
  const work = 3 * countMultiplications(network) * images;
  if (tf.getBackend() !== 'wasm' || work < workWorthThreads) return 1;
  return Math.max(1, Math.min(countProcessors(), mostThreads, Math.floor(batchSize / 2)));
}

/** Multiplications: about ten seconds of one thread, where the start of another takes half of one. */
const workWorthThreads = 1e11;

const mostThreads = 8;

/** What another thread found: its gradients by the order of the trainable weights, until the next step begins. */
export type PartResult = StepResult & { readonly gradients: readonly Float32Array[] };

/** A batch under way. */
export interface DealtBatch {
  /** The part of the thread that deals out. */
  readonly own: Part;
  /** In the order of the images. */
  readonly others: Promise<readonly PartResult[]>;
}

/** The other threads of a training; `stop` ends them. */
export class StepThreads {
  readonly #threads: GuardedThreads;
  readonly #weights: Float32Array;
  readonly #gradients: readonly Float32Array[];

  /**
   * @param network as the model that is trained was opened from
   * @param lengths of the trainable weights, in the model's order
   * @param count this thread included, at least 2
   */
  constructor(
    network: Network,
    readonly loss: LossPlan,
    { count, lengths }: { readonly count: number; readonly lengths: readonly number[] },
  ) {
    const length = lengths.reduce((sum, each) => sum + each, 0);
    this.#weights = sharedFloats(length);
    this.#gradients = Array.from({ length: count - 1 }, () => sharedFloats(length));
    this.#threads = startGuardedThreads({
      file: new URL('./step-worker.js', import.meta.url),
      count: count - 1,
      workerData: (state): StepWorkerData => ({ network, loss, weights: this.#weights, state }),
    });
  }

  /** Begins a batch: the others take their parts of it, with the model's weights as they are. */
  begin(model: LayersModel, batch: Batch, random: Random): DealtBatch {
    const weights = trainableWeights(model).map(({ variable }) => variable);
    cutApart(this.#weights, weights).forEach((shared, i) => {
      shared.set(weights[i]?.dataSync<'float32'>() ?? []);
    });
    const [own, ...parts] = dealOut(batch, this.#gradients.length + 1, this.loss);
    if (own === undefined) throw new Error('A batch has images.');
    const others = parts.map(async (part, i) => {
      const gradients = this.#gradients[i] ?? new Float32Array();
      const task: PartTask = { part, gradients, seed: Math.floor(random() * 2 ** 31) };
      const result: StepResult = await this.#threads.pool.run(task);
      return { ...result, gradients: cutApart(gradients, weights) };
    });
    const all = Promise.all(others);
    // Whoever waits for them hears of a failure; nobody does where the own part fails before.
    all.catch(() => undefined);
    return { own, others: all };
  }

  /** Ends the threads, after the parts that they are at. */
  async stop(): Promise<void> {
    await this.#threads.stop();
  }
}

/** A batch in parts as even as can be, the first the largest; none without an image. */
export function dealOut({ features, shape, labels, mixed }: Batch, count: number, loss: LossPlan): Part[] {
  const size = elementCount(shape);
  const weigh = (some: readonly number[]) =>
    some.reduce((sum, label) => sum + (loss.classWeights?.[label] ?? 1), 0);
  const cutMixed = (whole: Mixed, from: number, to: number) => {
    const others = whole.labels.slice(from, to);
    return { mixed: { ...whole, labels: others }, mixedShare: weigh(others) / weigh(whole.labels) };
  };
  const parts: Part[] = [];
  for (let from = 0; from < labels.length; ) {
    const to = from + Math.ceil((labels.length - from) / (count - parts.length));
    const own = labels.slice(from, to);
    const part = {
      features: features.slice(from * size, to * size),
      shape,
      labels: own,
      share: weigh(own) / weigh(labels),
    };
    parts.push({ ...part, ...(mixed && cutMixed(mixed, from, to)) });
    from = to;
  }
  return parts;
}

function sharedFloats(length: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(length * Float32Array.BYTES_PER_ELEMENT));
}
