// Pixels to network input: the modes of Keras' preprocess_input as numbers, and which architecture was trained with which.

import type { Channels, Preprocessing } from '../data/image-rules.js';
import { preprocess } from '../data/preprocess.js';
import { refuseOption } from '../errors.js';

/** Every mode is `(x - mean) / std` on 0..255, per channel in the given order (for caffe mean and std are in BGR order). */
export const preprocessingModes = {
  caffe: { channelOrder: 'BGR', mean: [103.939, 116.779, 123.68], std: [1, 1, 1] },
  tf: { channelOrder: 'RGB', mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5] },
  torch: {
    channelOrder: 'RGB',
    mean: [0.485 * 255, 0.456 * 255, 0.406 * 255],
    std: [0.229 * 255, 0.224 * 255, 0.225 * 255],
  },
  lite: { channelOrder: 'RGB', mean: [127, 127, 127], std: [128, 128, 128] },
  unit: { channelOrder: 'RGB', mean: [0, 0, 0], std: [255, 255, 255] },
  none: { channelOrder: 'RGB', mean: [0, 0, 0], std: [1, 1, 1] },
} as const satisfies Record<string, Preprocessing>;

/** caffe, tf, torch as Keras names them; lite: EfficientNet-Lite's; unit: 0..1; none: normalized inside the model. */
export type PreprocessingMode = keyof typeof preprocessingModes;

/**
 * A mode for images of 1 to 4 channels: grey, grey and alpha, RGB, RGB and alpha.
 * @throws FinetuneError `bad-option` for a mode whose numbers are those of the three colours, where there are not three
 */
export function preprocessingFor(mode: PreprocessingMode, channels: Channels): Preprocessing {
  if (channels === 3) return preprocessingModes[mode];
  const { mean: means, std: deviations } = preprocessingModes[mode];
  const [mean, std] = [means[0], deviations[0]];
  if (means.every(each => each === mean) && deviations.every(each => each === std)) {
    const channelOrder = channels === 4 ? 'RGB' : 'grey';
    const each = (value: number) => Array.from({ length: channels }, () => value);
    return { channelOrder, mean: each(mean), std: each(std) };
  }
  refuseOption(
    `The preprocessing ${mode} has a mean for each of three colours, but the network takes ${channels} channel${channels === 1 ? '' : 's'}. ` +
      'Expected tf, lite, unit or none: say --preprocessing MODE.',
  );
}

/** First match wins; names are compared in lower case with `_` and `-` alike. */
const modeOfArchitecture: readonly (readonly [RegExp, PreprocessingMode])[] = [
  [/efficientnet-?lite/, 'lite'],
  [/efficientnet|convnext|mobilenet-?v3|regnet|resnet-?rs/, 'none'],
  [/vgg|squeezenet|resnet(50|101|152)(-\d+)?$/, 'caffe'],
  [/densenet/, 'torch'],
  [/mobilenet|inception|xception|nasnet|resnet.*v2/, 'tf'],
];

/** Layers that only one of Keras' networks has; it is known by them under any name. First match wins. */
const modeOfLayer: readonly (readonly [layer: string, mode: PreprocessingMode])[] = [
  ['expanded_conv_depthwise', 'tf'], // MobileNetV2
  ['conv_dw_1', 'tf'], // MobileNet
  ['block2_sepconv1', 'tf'], // Xception
  ['mixed10', 'tf'], // InceptionV3
  ['block35_1_mixed', 'tf'], // InceptionResNetV2
  ['conv2_block1_preact_bn', 'tf'], // ResNetV2
  ['pool2_conv', 'torch'], // DenseNet
  ['conv2_block1_1_conv', 'caffe'], // ResNet
  ['block5_conv3', 'caffe'], // VGG
  ['fire2/squeeze1x1', 'caffe'], // SqueezeNet
  ['stem_bn1', 'tf'], // NASNet
];

/** The mode of one of Keras' networks, by the names of its layers, wherever it is nested. */
export function modeByLayers(names: ReadonlySet<string>): PreprocessingMode | undefined {
  return modeOfLayer.find(([layer]) => names.has(layer))?.[1];
}

/**
 * Decides how images of a network are preprocessed.
 * @param architecture e.g. `vgg16`, or the name in the Keras file, e.g. `mobilenetv2_0.35_224`
 * @param mode what the user asked for, if anything
 * @returns undefined for an unknown architecture without a mode: then nobody but the user knows
 * @throws FinetuneError `bad-option` for an unknown mode
 */
export function resolvePreprocessing(architecture: string, mode?: string): PreprocessingMode | undefined {
  if (mode !== undefined) return validateMode(mode);
  const name = architecture.toLowerCase().replaceAll('_', '-');
  return modeOfArchitecture.find(([pattern]) => pattern.test(name))?.[1];
}

/**
 * The mode of a name.
 * @throws FinetuneError `bad-option` naming those that there are
 */
export function validateMode(mode: string): PreprocessingMode {
  if (isMode(mode)) return mode;
  refuseOption(
    `Unknown preprocessing "${mode}". Expected one of: ${Object.keys(preprocessingModes).join(', ')}.`,
  );
}

function isMode(mode: string): mode is PreprocessingMode {
  return Object.hasOwn(preprocessingModes, mode);
}

/**
 * Applies a card's preprocessing to pixels, as Keras' `preprocess_input` does.
 * @param pixels values 0..255, interleaved: `[..., channels]`, RGB where there are three
 * @returns a new array of the same length, in the channel order that the network wants
 * @example preprocessInput([255, 0, 0], preprocessingModes.tf) // Float32Array [1, -1, -1]
 */
export function preprocessInput(pixels: ArrayLike<number>, preprocessing: Preprocessing): Float32Array {
  return preprocess(pixels, preprocessing);
}
