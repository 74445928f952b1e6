// Keras' layer classes, one row each: what becomes of them in tfjs.

import { FinetuneError } from '../../../errors.js';
import { unsupportedLayer } from '../../../network/layer-shape.js';
import type { KerasLayer, Steps, Tensor } from '../../layer-config/steps.js';
import { activation, elu, leakyRelu, prelu, relu, scaled, softmax } from './activation.js';
import {
  convolution,
  dense,
  depthwiseConvolution,
  separableConvolution,
  transposedConvolution,
} from './convolution.js';
import { concatenate, dot, elementwise, subtract } from './merge.js';
import {
  batchNormalization,
  groupNormalization,
  layerNormalization,
  layerScale,
  normalization,
  rescaling,
} from './normalization.js';
import { operation } from './operations.js';
import { globalPooling, pooling } from './pooling.js';
import { centerCrop, resizing, smartResize } from './resize.js';
import { common, numberAt, requireSetting, wrongSetting } from './settings.js';
import { cropping, flatten, permute, repeatVector, reshape, upSampling, zeroPadding } from './shaping.js';
import { normalize } from './tensor-shaping.js';

type Row = (layer: KerasLayer, steps: Steps) => Tensor;

const rows: ReadonlyMap<string, Row> = new Map<string, Row>([
  ['Dense', dense],
  ['Conv1D', convolution(1)],
  ['Conv2D', convolution(2)],
  ['Conv3D', convolution(3)],
  ['Conv2DTranspose', transposedConvolution(2)],
  ['Conv3DTranspose', transposedConvolution(3)],
  ['SeparableConv2D', separableConvolution],
  ['DepthwiseConv2D', depthwiseConvolution],
  ...each('MaxPooling1D AveragePooling1D', pooling(1)),
  ...each('MaxPooling2D AveragePooling2D', pooling(2)),
  ...each('MaxPooling3D AveragePooling3D', pooling(3)),
  ...each('GlobalAveragePooling1D GlobalMaxPooling1D', globalPooling),
  ...each('GlobalAveragePooling2D GlobalMaxPooling2D', globalPooling),
  ...each('BatchNormalization BatchNormalizationV1 SyncBatchNormalization', batchNormalization),
  ['LayerNormalization', layerNormalization],
  ['Normalization', normalization],
  ['Rescaling', rescaling],
  ['Activation', activation],
  ['ReLU', (layer, steps) => relu(steps.input, steps, layer)],
  ['LeakyReLU', (layer, steps) => leakyRelu(steps.input, steps, layer)],
  ['ELU', (layer, steps) => elu(steps.input, steps, layer)],
  ['Softmax', (layer, steps) => softmax(steps.input, steps, layer)],
  ['ThresholdedReLU', thresholdedRelu],
  ['PReLU', prelu],
  ...each('Add Multiply Average Maximum Minimum', elementwise),
  ['Subtract', subtract],
  ['Concatenate', concatenate],
  ['Dot', dot],
  ['Flatten', flatten],
  ['Reshape', reshape],
  ['Permute', permute],
  ['RepeatVector', repeatVector],
  ['ZeroPadding2D', zeroPadding],
  ['Cropping2D', cropping],
  ['UpSampling2D', upSampling],
  ['Resizing', resizing],
  ['CenterCrop', centerCrop],
  ['RandomCrop', smartResize],
  ...each('Dropout SpatialDropout2D SpatialDropout3D FixedDropout', dropout),
  ['StochasticDepth', (layer, steps) => leaveOut(layer, steps, 'it drops whole blocks in training only')],
  ['LayerScale', layerScale],
  ['GroupNormalization', groupNormalization],
  ['CustomScaleLayer', customScale],
  ['UnitNormalization', normalize],
  ['SpatialDropout1D', (layer, steps) => keepRate(layer, steps, 'SpatialDropout1D', 'rate')],
  ['GaussianDropout', (layer, steps) => keepRate(layer, steps, 'GaussianDropout', 'rate')],
  ['AlphaDropout', (layer, steps) => keepRate(layer, steps, 'AlphaDropout', 'rate')],
  ['GaussianNoise', (layer, steps) => keepRate(layer, steps, 'GaussianNoise', 'stddev')],
  ...each('Identity ActivityRegularization', (_layer, steps) => steps.input),
  ...each('TFOpLambda SlicingOpLambda', operation),
]);

/** Layers that change images in training only. */
const augmentations = /^(Random(?!Crop)[A-Z]\w*|RandAugment|AugMix|MixUp|CutMix)$/;

/** Rows of classes that are no layers of Keras': whoever needs them copies them. */
const copied: readonly string[] = [
  ...['LayerScale', 'StochasticDepth', 'CustomScaleLayer'],
  ...['FixedDropout', 'GroupNormalization'],
];

/** Class names that `rewriteLayer` knows. */
export const supportedLayers: readonly string[] = ['InputLayer', ...rows.keys()].sort();

/**
 * What a Keras layer becomes.
 * @throws FinetuneError `unsupported-layer` naming class, place and what is supported
 */
export function rewriteLayer(layer: KerasLayer, steps: Steps): Tensor {
  requireSetting(layer, 'data_format', 'channels_last');
  if (layer.isOperation) return operation(layer, steps);
  if (augmentations.test(layer.className))
    return leaveOut(layer, steps, 'it changes images in training only');
  const row = rows.get(layer.className);
  if (row !== undefined && layer.isOwn && !copied.includes(layer.className)) throw ownClass(layer);
  if (row !== undefined) return row(layer, steps);
  if (layer.className === 'Lambda') {
    throw new FinetuneError(
      'unsupported-layer',
      `The layer ${layer.place} is a Lambda: it holds Python code, which cannot be carried over. Rebuild the model with layers (Rescaling, Activation, ...) in its place.`,
    );
  }
  throw unsupportedLayer(layer.className, layer.place, supportedLayers);
}

function ownClass({ place, className }: KerasLayer): FinetuneError {
  return new FinetuneError(
    'unsupported-layer',
    `The layer ${place} is of a class of your own that is called ${className}, as a layer of Keras is: what it computes is not in the file. Rebuild the model with Keras' layers in its place.`,
  );
}

function each(classNames: string, row: Row): [string, Row][] {
  return classNames.split(' ').map(className => [className, row]);
}

function thresholdedRelu(layer: KerasLayer, steps: Steps): Tensor {
  return steps.add('ThresholdedReLU', { theta: numberAt(layer, 'theta', 1) }, steps.input);
}

/** tfjs drops single values only; outside of training there is no difference. */
function dropout(layer: KerasLayer, steps: Steps): Tensor {
  if (layer.className !== 'Dropout') {
    steps.note = `${layer.place} (${layer.className}) becomes a plain Dropout.`;
  }
  return keepRate(layer, steps, 'Dropout', 'rate');
}

function keepRate(layer: KerasLayer, steps: Steps, className: string, setting: string): Tensor {
  return steps.add(className, { ...common(layer), [setting]: numberAt(layer, setting) }, steps.input);
}

/** InceptionResNetV2's `CustomScaleLayer`: `first + scale * second`. */
function customScale(layer: KerasLayer, steps: Steps): Tensor {
  const [first, second] = steps.inputs;
  if (first === undefined || second === undefined) throw wrongSetting(layer, 'scale', 'two inputs');
  return steps.add('Add', {}, [first, scaled(second, numberAt(layer, 'scale'), 0, steps)]);
}

function leaveOut(layer: KerasLayer, steps: Steps, reason: string): Tensor {
  steps.note = `${layer.place} (${layer.className}) is left out: ${reason}.`;
  return steps.input;
}
