// Which layer is lowered by which function: a row per Keras class.

import { activationLowerings } from './activations.js';
import { arithmeticLowerings } from './arithmetic.js';
import type { Lowering } from './layer-call.js';
import { normalizationLowerings } from './normalizations.js';
import { shapingLowerings } from './shaping.js';
import { windowLowerings } from './windows.js';

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
];

/** Every layer class that can run in ONNX Runtime. `InputLayer` is not here: it is the graph's input. */
export const loweringTable: ReadonlyMap<string, Lowering> = new Map([
  ...Object.entries(windowLowerings),
  ...Object.entries(normalizationLowerings),
  ...Object.entries(activationLowerings),
  ...Object.entries(arithmeticLowerings),
  ...Object.entries(shapingLowerings),
  ...trainingOnly.map((name): [string, Lowering] => [name, passThrough]),
]);
