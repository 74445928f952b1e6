// The head of a network that was trained by epochs, solved once more on the features that the network gives now.

import type { Network } from '../network/network.js';
import { join } from '../network/split.js';
import type { Context } from '../system/context.js';
import { dataInMemory, type FeatureGroup, type TrainingData } from './data.js';
import { type Fit, fit, toFit } from './fit.js';
import { computeOutputs } from './model.js';
import type { SolvedPlan } from './plan.js';

/** On what a head is solved again. */
export interface Refit {
  /** From features at the cut to those of the head; weights that were trained take the place of its own. */
  readonly below: Network;
  /** The groups of the head's features. */
  readonly groups: readonly FeatureGroup[] | undefined;
  /** Every row is an image of its own. */
  readonly train: TrainingData;
}

/**
 * Puts a head that is solved to its optimum in the place of one that was trained by epochs together with the layers
 * below it. Needs a started engine; leaves no tensor behind.
 * @throws FinetuneError `bad-weights` when a feature is no finite number
 */
export async function refitHead(
  tuned: Fit,
  { below, groups, train }: Refit,
  plan: SolvedPlan & Context,
): Promise<Fit> {
  const weights = new Map(
    [...below.weights].map(([name, weight]) => [name, tuned.trainable.weights.get(name) ?? weight] as const),
  );
  const network = { topology: below.topology, weights };
  const { labels, splitKeys } = train;
  const features = await computeOutputs(network, train);
  const shape = [features.length / labels.length];
  const data = { ...dataInMemory(features, labels, shape), groups, splitKeys };
  const { emit, signal, ...head } = plan;
  const solved = await fit({ train: data, val: data }, head, { emit, signal });
  const { l2, candidates } = solved.details;
  const found =
    plan.l2 === undefined
      ? solved.description
      : `a linear head solved to its optimum (L2 ${plan.l2.toPrecision(3)}, as for the head alone)`;
  return toFit(join(network, solved.trainable), {
    ...{ solver: tuned.solver, history: tuned.history },
    description: `${tuned.description}, then ${found}`,
    details: { ...tuned.details, refit: { l2, candidates } },
  });
}
