// What may be said about the reading of an image.

import type { Pixels, View } from './image-rules.js';
import type { ValueRange } from './value-range.js';

/** A path, or the bytes of an image file. */
export type ImageSource = string | Uint8Array;

/** What may be said about the reading of one image. */
export interface ReadOptions {
  /** How the image is looked at; as it is, where nothing is said. */
  readonly view?: View | undefined;
  /** sha-256 that the bytes of the file must have, hex: another image under the same name is a bad one. */
  readonly hash?: string | undefined;
  /** The system has the file in memory, since somebody has read it a moment ago. */
  readonly isCached?: boolean | undefined;
  /** A JPEG is read code by code: every damage is found, for a sixth of the time that a photo takes otherwise. */
  readonly thorough?: boolean | undefined;
  /** Told of the file's bytes before they are decoded, unless they are known to be bad. */
  readonly onBytes?: ((bytes: Buffer) => void) | undefined;
  /** Told of the pixels before they are preprocessed. */
  readonly onPixels?: ((pixels: Pixels) => void) | undefined;
  /** Told after `read`, `decode` and `preprocess`. */
  readonly onStep?: ((step: 'read' | 'decode' | 'preprocess') => void) | undefined;
  /** Told of an image of 16 bits that uses a quarter of their range or less. */
  readonly onNarrowRange?: ((range: ValueRange) => void) | undefined;
  /** Takes the input, which has as many numbers; a new array where there is none. */
  readonly target?: Float32Array | undefined;
}
