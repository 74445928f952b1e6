// Which layer is lowered by which function: a row per Keras class.

import { activationLowerings } from './activations.js';
import { convolutionLowerings } from './convolutions.js';
import { denseLowerings } from './dense.js';
import type { Lowering } from './layer-call.js';
import { mergeLowerings } from './merges.js';
import { normalizationLowerings } from './normalizations.js';
import { poolingLowerings } from './pooling.js';
import { resizingLowerings } from './resizing.js';
import { shapeLowerings } from './shapes.js';

const passThrough: Lowering = call => call.input;

/** Layers that do something in training only. */
const trainingOnly = [
  'Dropout',
  'SpatialDropout1D',
  'SpatialDropout2D',
  'SpatialDropout3D',
  'AlphaDropout',
  'GaussianDropout',
  'GaussianNoise',
  'ActivityRegularization',
  'RandomFlip',
  'RandomRotation',
  'RandomZoom',
  'RandomTranslation',
  'RandomContrast',
  'RandomBrightness',
  'RandomCrop',
];

/** Every layer class that can run in ONNX Runtime. `InputLayer` is not here: it is the graph's input. */
export const loweringTable: ReadonlyMap<string, Lowering> = new Map([
  ...Object.entries(convolutionLowerings),
  ...Object.entries(denseLowerings),
  ...Object.entries(normalizationLowerings),
  ...Object.entries(activationLowerings),
  ...Object.entries(poolingLowerings),
  ...Object.entries(mergeLowerings),
  ...Object.entries(shapeLowerings),
  ...Object.entries(resizingLowerings),
  ...trainingOnly.map((name): [string, Lowering] => [name, passThrough]),
]);
