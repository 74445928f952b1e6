// Training a head by epochs: for hidden layers, with which the problem is no longer convex, and for those who ask for it.
// The head is a tail whose cut is at the pooled features.

import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import type { EpochRecord } from '../events.js';
import { readValues } from './adam.js';
import type { DenseWeights, HeadWeights } from './head.js';
import type { LabelledFeatures } from './labelled-features.js';
import { seededRandom } from './random.js';
import { foldScaling, planScaling, type Scaling, scaleRows } from './scaling.js';
import { type TailOptions, trainTail } from './tail.js';
import type { TailData } from './tail-step.js';

export interface EpochsOptions extends TailOptions {
  readonly classes: number;
  /** Units of the hidden layers; none for a linear head. */
  readonly hidden: readonly number[];
  /** Part dropped of each hidden layer's answers, or of the features where there is no hidden layer. */
  readonly dropout: number;
}

export interface TrainedHead {
  /** Of the best epoch, on raw features. */
  readonly weights: HeadWeights;
  /** From 1: the one of lowest validation loss; the last one where there are no validation images. */
  readonly bestEpoch: number;
  readonly history: readonly EpochRecord[];
}

/**
 * Trains a head on features. Needs a started engine; leaves no tensor behind.
 * @param val decides when to stop and which epoch to keep, and is not trained on
 * @throws FinetuneError `bad-weights` when a feature is no finite number
 */
export async function trainByEpochs(
  train: LabelledFeatures,
  val: LabelledFeatures | undefined,
  options: EpochsOptions,
): Promise<TrainedHead> {
  const scaling = planScaling(train.features, train.size);
  const head = await createHead(train.size, options);
  try {
    const scaledVal = val && scaledData(val, scaling);
    const { bestEpoch, history } = await trainTail(head, scaledData(train, scaling), scaledVal, options);
    const [first, ...rest] = readDense(head);
    return { weights: [foldScaling(first!, scaling), ...rest], bestEpoch, history };
  } finally {
    head.dispose();
  }
}

function scaledData({ features, labels, size }: LabelledFeatures, scaling: Scaling): TailData {
  return { labels, shape: [size], read: rows => scaleRows(features, scaling, rows) };
}

/**
 * Hidden layers start as in Keras (Glorot's uniform distribution). The last layer starts at 0: what few images never
 * train away of a random start is noise. Measured on ten photos a class: .75 against .65.
 */
async function createHead(
  size: number,
  { hidden, dropout, classes, seed }: EpochsOptions,
): Promise<LayersModel> {
  // Here, since a linear head that is solved does without.
  const { initializers, input, layers, model } = await import('@tensorflow/tfjs-layers');
  const random = seededRandom(seed);
  const units = hidden.map(count => [
    layers.dense({
      units: count,
      activation: 'relu',
      kernelInitializer: initializers.glorotUniform({ seed: Math.floor(random() * 2 ** 31) }),
    }),
    layers.dropout({ rate: dropout }),
  ]);
  const predictions = layers.dense({ units: classes, activation: 'softmax', kernelInitializer: 'zeros' });
  const below = hidden.length === 0 ? [layers.dropout({ rate: dropout })] : units.flat();
  const inputs = input({ shape: [size] });
  const outputs = [...below, predictions].reduce(
    (features, layer) => layer.apply(features) as SymbolicTensor,
    inputs,
  );
  return model({ inputs, outputs });
}

function readDense(head: LayersModel): DenseWeights[] {
  const values = head.trainableWeights.map(weight => readValues(weight.read()));
  return Array.from({ length: values.length / 2 }, (_, i) => ({
    kernel: values[2 * i]!,
    bias: values[2 * i + 1]!,
  }));
}
