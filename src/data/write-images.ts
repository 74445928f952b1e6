// Labelled images from memory to a folder per label, as PNG files, which every verb here reads.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { makeFolder } from '../system/make-folder.js';
import type { LabelledImages } from './idx.js';
import { renderGreyPng } from './small-png.js';

/** What is told, and what stops it. */
export interface WriteOptions {
  /** Called now and then with the number of images that are written. */
  readonly onProgress: (done: number) => void;
  readonly signal: AbortSignal;
}

const imagesBetweenPauses = 256;

/**
 * Writes `<dir>/<label>/<place in the file>.png`, lossless.
 * @throws the signal's reason once it is aborted
 */
export async function writeImages(
  dir: string,
  { count, height, width, pixels, labels }: LabelledImages,
  { onProgress, signal }: WriteOptions,
): Promise<void> {
  for (const label of new Set(labels)) makeFolder(join(dir, String(label)));
  const digits = String(count - 1).length;
  const size = height * width;
  for (let i = 0; i < count; i++) {
    if (i % imagesBetweenPauses === 0) {
      onProgress(i);
      await setImmediate();
      signal.throwIfAborted();
    }
    const png = renderGreyPng(pixels.subarray(i * size, (i + 1) * size), height, width);
    // One after the other: each is written in less time than it takes to hand it to another thread.
    writeFileSync(join(dir, String(labels[i]), `${String(i).padStart(digits, '0')}.png`), png);
  }
  onProgress(count);
}
