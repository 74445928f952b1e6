// From an image to what a network takes: decoding, view, resizing and preprocessing, for whoever runs a network on images.

import { FinetuneError } from '../errors.js';
// Before threads are started: they share what it counts.
import './decode-memory.js';
import type { InputRules } from './image-rules.js';
import { preprocess } from './preprocess.js';
import type { ImageSource, ReadOptions } from './read-options.js';

/** One image as a network takes it. */
export interface NetworkInput {
  /** Row-major, of `shape`. */
  readonly input: Float32Array;
  readonly shape: readonly [count: 1, height: number, width: number, channels: number];
}

/** Why an image cannot be read, in plain words. */
export interface BadInput {
  readonly reason: string;
}

/**
 * Reads one image. A bad one is a result like others.
 * @throws only what is no fault of the image
 */
export async function readImage(
  source: ImageSource,
  rules: InputRules,
  options?: ReadOptions,
): Promise<NetworkInput | BadInput> {
  try {
    return await readGoodImage(source, rules, options);
  } catch (error) {
    return { reason: reasonOfBadImage(error) };
  }
}

/**
 * Reads one image, for callers who have nothing to do without it.
 * @throws FinetuneError `bad-image` with the reason in plain words
 */
export async function readGoodImage(
  source: ImageSource,
  rules: InputRules,
  { target, ...options }: ReadOptions = {},
): Promise<NetworkInput> {
  // Whoever lists images, or hands them to threads that decode them, does without the decoder, which takes a while to load.
  const { decodeImage } = await import('./decode.js');
  const { data, height, width, channels } = await decodeImage(source, rules, options);
  const input = preprocess(data, rules.preprocessing, target);
  options.onStep?.('preprocess');
  return { input, shape: [1, height, width, channels] };
}

/**
 * The one rule for what a bad image is: whatever was thrown is one only if its code says so.
 * @returns the reason in plain words
 * @throws everything else, unchanged
 */
export function reasonOfBadImage(error: unknown): string {
  if (error instanceof FinetuneError && error.code === 'bad-image') return error.message;
  throw error;
}
