// Fitting what lies above the cut: a linear head is solved to its optimum, everything else is trained by epochs.

import * as tf from '@tensorflow/tfjs-core';
import { FinetuneError } from '../errors.js';
import type { EpochRecord } from '../events.js';
import type { Network } from '../network/network.js';
import { elementCount } from '../network/source.js';
import type { Context } from '../system/context.js';
import type { FitData, TrainingData } from './data.js';
import { type DenseWeights, type HeadPlan, headNetwork } from './head.js';
import { solveLinearHead } from './linear/solve.js';
import { type LoopPlan, trainByEpochs } from './loop.js';
import { openModel, predictData, readNetwork } from './model.js';
import { seededRandom } from './random.js';
import { foldScaling, planScaling, scaleData } from './scaling.js';

/** What is fitted and how, settled. */
export type FitPlan = SolvedPlan | EpochsPlan;

/** A linear head, solved to its optimum. */
export interface SolvedPlan {
  readonly solver: 'lbfgs';
  readonly classes: number;
  readonly seed: number;
  /** Of the L2 penalty; chosen by cross-validation where absent. */
  readonly l2?: number | undefined;
}

/** A head with or without hidden layers, trained by epochs. */
export interface EpochsPlan extends HeadPlan, LoopPlan {
  readonly solver: 'adam';
}

/** What was fitted. */
export interface Fit {
  /** From features at the cut to probabilities; joins on the base. */
  readonly trainable: Network;
  /** Probabilities `[labels.length, classes]`. Needs a started engine; leaves no tensor behind. */
  predict(data: TrainingData): Promise<Float32Array>;
  readonly solver: FitPlan['solver'];
  /** How it was found, in one line for people. */
  readonly description: string;
  /** The same for run.json. */
  readonly details: Readonly<Record<string, unknown>>;
  /** One record per epoch; empty where there were no epochs. */
  readonly history: readonly EpochRecord[];
}

/** What a caller asks for; what is left open has its default. */
export interface FitOptions {
  readonly headSolver?: 'lbfgs' | 'adam' | undefined;
  readonly hidden: readonly number[];
  readonly epochs?: number | undefined;
  readonly batchSize?: number | undefined;
  readonly learningRate?: number | undefined;
  readonly dropout?: number | undefined;
  readonly l2?: number | undefined;
  readonly seed: number;
}

const epochsDefaults = { epochs: 100, batchSize: 32, learningRate: 1e-3, dropout: 0.3 } as const;

/** True when the options ask for training by epochs instead of the optimum of a linear head. */
export function trainsByEpochs(options: Pick<FitOptions, 'headSolver' | 'hidden' | 'epochs'>): boolean {
  return options.headSolver === 'adam' || options.hidden.length > 0 || options.epochs !== undefined;
}

/** Settles how to fit a head for so many classes. */
export function planFit(options: FitOptions, classes: number): FitPlan {
  const { seed, hidden, l2 } = options;
  if (!trainsByEpochs(options)) return { solver: 'lbfgs', classes, seed, l2 };
  return {
    ...{ solver: 'adam', classes, seed, hidden },
    epochs: options.epochs ?? epochsDefaults.epochs,
    batchSize: options.batchSize ?? epochsDefaults.batchSize,
    learningRate: options.learningRate ?? epochsDefaults.learningRate,
    dropout: options.dropout ?? epochsDefaults.dropout,
  };
}

/**
 * Fits a head on features: it learns from `data.train`; `data.val` is used for early stopping only. Needs a started
 * engine; leaves no tensor behind.
 * @throws FinetuneError `bad-weights` when a feature is no finite number; `bad-option` when training diverges
 */
export async function fit(data: FitData, plan: FitPlan, context: Context): Promise<Fit> {
  if (plan.solver === 'adam') return fitByEpochs(data, plan, context);
  const matrix = data.train.matrix?.();
  return matrix === undefined
    ? fitUnsolved(data, plan, context)
    : solveHead(data.train, matrix, { ...plan, ...context });
}

async function solveHead(
  train: TrainingData,
  matrix: Float32Array,
  plan: SolvedPlan & Context,
): Promise<Fit> {
  const { dense, ...details } = await solveLinearHead(train, matrix, plan);
  const head = { hidden: [], dropout: 0, classes: plan.classes };
  const chosen = howChosen(plan.l2, details.candidates.length);
  return toFit(headNetwork(train.shape, head, [dense]), {
    solver: 'lbfgs',
    description: `a linear head solved to its optimum (L2 ${details.l2.toPrecision(3)}, ${chosen})`,
    details,
    history: [],
  });
}

function howChosen(given: number | undefined, candidates: number): string {
  if (given !== undefined) return 'as given';
  return candidates > 0
    ? 'chosen by cross-validation'
    : 'a middling one: there are too few images to choose by';
}

/** To be solved, a head needs all features in memory. */
async function fitUnsolved(data: FitData, { classes, seed, l2 }: SolvedPlan, context: Context): Promise<Fit> {
  if (l2 !== undefined) {
    throw new FinetuneError(
      'bad-option',
      '--l2 belongs to a head that is solved, and the features of these images do not fit in memory. ' +
        'Leave it out: the head is then trained by epochs.',
    );
  }
  const plan: EpochsPlan = { ...{ solver: 'adam', classes, seed, hidden: [] }, ...epochsDefaults };
  const { description, ...found } = await fitByEpochs(data, plan, context);
  return { ...found, description: `${description}, because the features do not fit in memory` };
}

/** The head is trained on scaled features; the scaling is folded into its first layer afterwards. */
async function fitByEpochs({ train, val }: FitData, plan: EpochsPlan, context: Context): Promise<Fit> {
  const { hidden, dropout, epochs, batchSize, learningRate } = plan;
  const scaling = await planScaling(train);
  const start = headNetwork(train.shape, plan, drawWeights(elementCount(train.shape), plan));
  const scaled = { train: scaleData(train, scaling), val: scaleData(val, scaling) };
  const { network, bestEpoch, history } = await trainNetwork(start, scaled, { ...plan, ...context });
  const [first, ...rest] = readDense(network);
  if (first === undefined) throw new Error('A head has a dense layer.');
  const layers = hidden.length === 0 ? 'no hidden layer' : `hidden layers ${hidden.join(', ')}`;
  return toFit(headNetwork(train.shape, plan, [foldScaling(first, scaling), ...rest]), {
    solver: 'adam',
    description: `a head with ${layers}, best at epoch ${bestEpoch} of ${history.length}`,
    details: { bestEpoch, epochs, batchSize, learningRate, dropout },
    history,
  });
}

async function trainNetwork(start: Network, data: FitData, plan: LoopPlan & Context) {
  const model = await openModel(start);
  try {
    const result = await trainByEpochs(model, data, plan);
    return { network: readNetwork(model, start), ...result };
  } finally {
    model.dispose();
  }
}

/**
 * Hidden layers start as in Keras (Glorot's uniform distribution). The last layer starts at 0: what few images never
 * train away of a random start is noise. Measured on ten photos a class: .75 against .65.
 */
function drawWeights(features: number, { hidden, classes, seed }: EpochsPlan): DenseWeights[] {
  const random = seededRandom(seed);
  let inputs = features;
  const drawn = hidden.map(units => {
    const kernel = drawGlorot([inputs, units], Math.floor(random() * 2 ** 31));
    inputs = units;
    return { kernel, bias: new Float32Array(units) };
  });
  return [...drawn, { kernel: new Float32Array(inputs * classes), bias: new Float32Array(classes) }];
}

/** As tfjs' own initializer draws it. */
function drawGlorot([inputs, units]: [number, number], seed: number): Float32Array {
  const limit = Math.sqrt(3 / Math.max(1, (inputs + units) / 2));
  const kernel = tf.randomUniform([inputs, units], -limit, limit, 'float32', seed);
  const values = kernel.dataSync<'float32'>().slice();
  kernel.dispose();
  return values;
}

/** The dense layers of a head, from the features up. */
function readDense({ weights }: Network): DenseWeights[] {
  const kernels = [...weights.values()].filter(({ name }) => name.endsWith('/kernel'));
  return kernels.map(({ name, data }) => ({
    kernel: data,
    bias: weights.get(name.replace(/kernel$/, 'bias'))?.data ?? new Float32Array(),
  }));
}

function toFit(trainable: Network, found: Omit<Fit, 'trainable' | 'predict'>): Fit {
  const predict = async (data: TrainingData): Promise<Float32Array> => {
    const model = await openModel(trainable);
    try {
      return await predictData(model, data);
    } finally {
      model.dispose();
    }
  };
  return { ...found, trainable, predict };
}
