// Fitting what lies above the cut: a linear head is solved to its optimum, everything else is trained by epochs.

import { FinetuneError, refuseOption } from '../errors.js';
import type { EpochRecord } from '../events.js';
import type { Network } from '../network/network.js';
import type { Context } from '../system/context.js';
import { type CheckpointPlace, openCheckpoint } from './checkpoint.js';
import type { FitData, TrainingData } from './data.js';
import { type CrossValidation, summarizeFolds } from './folds.js';
import { type DenseWeights, headNetwork } from './head.js';
import { drawWeights } from './initialize.js';
import { solveLinearHead } from './linear/solve.js';
import { hasReached, type LoopPlan, type LoopResult, trainByEpochs } from './loop.js';
import { computeOutputs, readNetwork } from './model.js';
import {
  describeLoop,
  type EpochsPlan,
  type FitPlan,
  planForImages,
  planUnsolved,
  type SolvedPlan,
  type TrainingPlan,
} from './plan.js';
import { foldScaling, planScaling, type Scaling, scaleData } from './scaling.js';
import { withTrainableModel } from './trainable-model.js';

/** What was fitted. */
export interface Fit {
  /** From features at the cut to probabilities; joins on the base. */
  readonly trainable: Network;
  /** Probabilities `[labels.length, classes]`. Needs a started engine; leaves no tensor behind. */
  predict(data: TrainingData): Promise<Float32Array>;
  readonly solver: string;
  /** How it was found, in one line for people. */
  readonly description: string;
  /** The same for run.json. */
  readonly details: Readonly<Record<string, unknown>>;
  /** One record per epoch; empty where there were no epochs. */
  readonly history: readonly EpochRecord[];
  /** On training images, by heads that had not seen them: where the l2 was chosen by the same folds, or folds were asked for. */
  readonly crossValidation?: CrossValidation | undefined;
}

/**
 * Fits a head on features: it learns from `data.train`; `data.val` is used for early stopping only. Needs a started
 * engine; leaves no tensor behind.
 * @throws FinetuneError `bad-weights` when a feature is no finite number; `bad-option` when training diverges
 */
export async function fit(data: FitData, plan: FitPlan, context: Context): Promise<Fit> {
  if (plan.solver !== 'lbfgs') return fitByEpochs(data, plan, context);
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
  const { dense, heldOut, ...details } = await solveLinearHead(train, matrix, plan);
  const head = { hidden: [], dropout: 0, classes: plan.classes };
  const chosen = howChosen(plan.l2, details.candidates.length);
  return toFit(headNetwork(train.shape, head, [dense]), {
    solver: 'lbfgs',
    description: `a linear head solved to its optimum (L2 ${details.l2.toPrecision(3)}, ${chosen})`,
    details,
    history: [],
    crossValidation: heldOut && summarizeFolds(heldOut),
  });
}

function howChosen(given: number | undefined, candidates: number): string {
  if (given !== undefined) return 'as given';
  return candidates > 0
    ? 'chosen by cross-validation'
    : 'a middling one: there are too few images to choose by';
}

/** To be solved, a head needs all features in memory. */
async function fitUnsolved(data: FitData, plan: SolvedPlan, context: Context): Promise<Fit> {
  if (plan.l2 !== undefined) {
    refuseOption(
      '--l2 belongs to a head that is solved, and the features of these images do not fit in memory. ' +
        'Leave it out: the head is then trained by epochs.',
    );
  }
  const { description, ...found } = await fitByEpochs(data, planUnsolved(plan), context);
  return { ...found, description: `${description}, because the features do not fit in memory` };
}

/** A head before its first epoch. */
export interface HeadStart {
  readonly start: Network;
  /** What it is trained on. */
  readonly scaled: FitData;
  readonly scaling: Scaling;
}

/**
 * Draws a head's first weights as Keras does, but for those of the last layer, which are 0.
 * @throws FinetuneError `bad-weights` when a feature is no finite number
 */
export async function startHead({ train, val }: FitData, plan: EpochsPlan): Promise<HeadStart> {
  const scaling = await planScaling(train);
  const start = drawWeights(headNetwork(train.shape, plan, []).topology, plan.seed);
  // What few images never train away of a random start is noise: on ten photos a class .75 against .65.
  start.weights.get('predictions/kernel')?.data.fill(0);
  return { start, scaled: { train: scaleData(train, scaling), val: scaleData(val, scaling) }, scaling };
}

/** The head is trained on scaled features; the scaling is folded into its first layer afterwards. */
async function fitByEpochs(data: FitData, plan: EpochsPlan, context: Context): Promise<Fit> {
  const { hidden, dropout } = plan;
  const { train } = data;
  const { start, scaled, scaling } = await startHead(data, plan);
  const loop = planForImages(plan, train.labels, plan.classes);
  const { network, bestEpoch, history } = await trainNetwork(start, scaled, { ...loop, ...context });
  const [first, ...rest] = readDense(network);
  if (first === undefined) throw new Error('A head has a dense layer.');
  const layers = hidden.length === 0 ? 'no hidden layer' : `hidden layers ${hidden.join(', ')}`;
  return toFit(headNetwork(train.shape, plan, [foldScaling(first, scaling), ...rest]), {
    solver: plan.solver,
    description: `a head with ${layers}, best at epoch ${bestEpoch} of ${history.length}${describeTarget(history, plan)}`,
    details: { bestEpoch, ...describeLoop(plan), dropout },
    history,
  });
}

/** A network whose weights are good already, and how it is trained on. */
export interface TuningPlan extends TrainingPlan {
  /** From features at the cut to probabilities. */
  readonly start: Network;
  readonly classes: number;
  /** What is told of it. */
  readonly description: string;
  readonly checkpoint?: CheckpointPlace | undefined;
}

/**
 * Trains all of a network that may be trained, from where it is. Needs a started engine; leaves no tensor behind.
 * @throws FinetuneError `bad-option` when training diverges
 */
export async function tune(data: FitData, plan: TuningPlan, context: Context): Promise<Fit> {
  const { start, classes, description, checkpoint, ...settings } = plan;
  const loop = planForImages(settings, data.train.labels, classes);
  const run = { ...loop, ...context, checkpoint };
  const { network, bestEpoch, history } = await trainNetwork(start, data, run);
  const kept = settings.patience === undefined ? '' : `, best at epoch ${bestEpoch} of ${history.length}`;
  return toFit(network, {
    solver: settings.optimizer,
    description: `${description} for ${history.length} epoch${history.length === 1 ? '' : 's'}${kept}${describeTarget(history, settings)}`,
    details: { bestEpoch, ...describeLoop(settings) },
    history,
  });
}

/** Whether the accuracy that was asked for was reached; nothing where none was. */
function describeTarget(
  history: readonly EpochRecord[],
  { targetAccuracy }: Pick<LoopPlan, 'targetAccuracy'>,
): string {
  if (targetAccuracy === undefined) return '';
  const isReached = hasReached(history.at(-1), targetAccuracy);
  const end = isReached ? `reached after epoch ${history.length}` : `not reached in ${history.length} epochs`;
  return `, target accuracy ${targetAccuracy} ${end}`;
}

type NetworkRun = LoopPlan & Context & { readonly checkpoint?: CheckpointPlace | undefined };

async function trainNetwork(
  start: Network,
  data: FitData,
  { checkpoint, ...plan }: NetworkRun,
): Promise<LoopResult & { network: Network }> {
  const { targetAccuracy } = plan;
  if (targetAccuracy !== undefined && data.val.labels.length === 0) throw noTarget(targetAccuracy);
  const images = plan.epochs * (data.train.views ?? data.train.labels).length;
  return await withTrainableModel(start, { ...plan, images }, async ({ model, lengths, threads }) => {
    const saving = checkpoint && (await openCheckpoint(checkpoint, lengths, plan));
    const result = await trainByEpochs(model, data, { ...plan, ...saving, threads });
    return { network: readNetwork(model, start), ...result };
  });
}

function noTarget(targetAccuracy: number): FinetuneError {
  return new FinetuneError(
    'bad-option',
    `--target-accuracy ${targetAccuracy} is one on validation images, and there are none. Leave it out.`,
  );
}

/** The dense layers of a head, from the features up. */
function readDense({ weights }: Network): DenseWeights[] {
  const kernels = [...weights.values()].filter(({ name }) => name.endsWith('/kernel'));
  return kernels.map(({ name, data }) => ({
    kernel: data,
    bias: weights.get(name.replace(/kernel$/, 'bias'))?.data ?? new Float32Array(),
  }));
}

/** What was found, with what it predicts. */
export function toFit(trainable: Network, found: Omit<Fit, 'trainable' | 'predict'>): Fit {
  return { ...found, trainable, predict: data => computeOutputs(trainable, data) };
}
