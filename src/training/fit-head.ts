// The head's training: solved to its optimum where it is linear, by epochs where it is not.

import type { EmitEvent, EpochRecord } from '../events.js';
import type { LayerConfig, WeightTensor } from '../network/network.js';
import type { TrainOptions } from '../options.js';
import { trainByEpochs } from './epochs.js';
import { type HeadWeights, headLayers } from './head.js';
import type { Sides } from './labelled-features.js';
import { fitLinearHead, type LinearHead } from './linear-head.js';

/** A trained head, ready to be put on the pooled base. */
export interface FittedHead {
  readonly layers: readonly LayerConfig[];
  readonly weights: readonly WeightTensor[];
  /** What `predictHead` takes. */
  readonly dense: HeadWeights;
  /** How it was found, for people and for run.json. */
  readonly fit: HeadFit;
  /** Empty where there were no epochs. */
  readonly history: readonly EpochRecord[];
}

export interface HeadFit {
  readonly solver: 'lbfgs' | 'adam';
  /** One line. */
  readonly description: string;
  readonly [detail: string]: unknown;
}

const byEpochsDefaults = { epochs: 100, batchSize: 32, learningRate: 1e-3, dropout: 0.3 } as const;

/** True when the options ask for steps by epochs instead of the optimum of a linear head. */
export function trainsByEpochs(options: Pick<TrainOptions, 'headSolver' | 'hidden' | 'epochs'>): boolean {
  return options.headSolver === 'adam' || options.hidden.length > 0 || options.epochs !== undefined;
}

/** Trains the head on the training side; the validation side is used for early stopping only. */
export async function fitHead(
  sides: Sides,
  classes: number,
  options: TrainOptions,
  emit: EmitEvent,
): Promise<FittedHead> {
  return trainsByEpochs(options)
    ? fitByEpochs(sides, classes, options, emit)
    : fitLinear(sides, classes, options, emit);
}

async function fitLinear(
  { train }: Sides,
  classes: number,
  { l2, seed, pooling }: TrainOptions,
  emit: EmitEvent,
): Promise<FittedHead> {
  const { kernel, bias, ...found } = await fitLinearHead(train.features, train.labels, {
    classes,
    l2,
    seed,
    emit,
  });
  const dense = [{ kernel, bias }];
  return {
    ...toLayers({ pooling, hidden: [], dropout: 0, classes }, dense),
    fit: {
      solver: 'lbfgs',
      description: `a linear head solved to its optimum (L2 strength ${found.l2.toPrecision(3)}, ${howChosen(l2, found)})`,
      ...found,
    },
    history: [],
  };
}

function howChosen(given: number | undefined, { candidates }: Pick<LinearHead, 'candidates'>): string {
  if (given !== undefined) return 'as given';
  return candidates.length > 0
    ? 'chosen by cross-validation'
    : 'a middling one: there are too few images to choose by';
}

async function fitByEpochs(
  { train, val }: Sides,
  classes: number,
  options: TrainOptions,
  emit: EmitEvent,
): Promise<FittedHead> {
  const { hidden, seed, pooling } = options;
  const { epochs, batchSize, learningRate, dropout } = { ...byEpochsDefaults, ...defined(options) };
  const trained = await trainByEpochs(train, val.labels.length > 0 ? val : undefined, {
    ...{ classes, hidden, dropout, epochs, batchSize, learningRate, seed },
    onEpoch: epoch => emit({ type: 'epoch', epoch, epochs }),
  });
  const layers = hidden.length === 0 ? 'no hidden layer' : `hidden layers ${hidden.join(', ')}`;
  return {
    ...toLayers({ pooling, hidden, dropout, classes }, trained.weights),
    fit: {
      solver: 'adam',
      description: `a head with ${layers}, best at epoch ${trained.bestEpoch} of ${trained.history.length}`,
      ...{ bestEpoch: trained.bestEpoch, epochs, batchSize, learningRate, dropout },
    },
    history: trained.history,
  };
}

function toLayers(options: Parameters<typeof headLayers>[0], dense: HeadWeights) {
  const { layers, weights } = headLayers(options, dense);
  // The pooling belongs to the base's network already: its output is what the store keeps.
  return { layers: layers.slice(1), weights, dense };
}

/** Without the entries that are undefined, so that a spread keeps the defaults. */
function defined<Options extends object>(
  options: Options,
): { [Name in keyof Options]: NonNullable<Options[Name]> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}
