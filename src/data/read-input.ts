// From an image to what a network takes: the one way, for training, prediction, evaluation and calibration.

import { FinetuneError } from '../errors.js';
import type { Lap } from '../system/timer.js';
import { decodeImage } from './decode.js';
import type { Preprocessing, ResizeRule } from './image-rules.js';
import { preprocess } from './preprocess.js';

/** What is done to an image, as a card says it, at a size that is settled. */
export interface InputRules {
  readonly size: readonly [height: number, width: number];
  readonly resize: ResizeRule;
  readonly preprocessing: Preprocessing;
}

export interface NetworkInput {
  readonly input: Float32Array;
  /** Of `input`. */
  readonly shape: readonly [count: 1, height: number, width: number, channels: 3];
}

/**
 * Decodes and preprocesses one image.
 * @param image a path or the bytes of an image file
 * @param lap told after `read`, `decode` and `preprocess`
 * @param target takes the input; a new array where there is none
 * @throws FinetuneError `bad-image`
 */
export async function readInput(
  image: string | Buffer,
  { size, resize, preprocessing }: InputRules,
  lap?: Lap,
  target?: Float32Array,
): Promise<NetworkInput> {
  const pixels = await decodeImage(image, size, resize, lap);
  const input = target ?? new Float32Array(pixels.data.length);
  preprocess(pixels, preprocessing, input, 0);
  lap?.('preprocess');
  return { input, shape: [1, ...size, 3] };
}

/** The same, and undefined for a bad image: where others do as well. */
export async function readInputIfGood(
  image: string | Buffer,
  rules: InputRules,
): Promise<NetworkInput | undefined> {
  try {
    return await readInput(image, rules);
  } catch (error) {
    if (error instanceof FinetuneError && error.code === 'bad-image') return undefined;
    throw error;
  }
}
