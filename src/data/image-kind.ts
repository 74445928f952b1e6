// What images of a data set are like, for a network that is made for them.

import { readImageFile } from './image-file.js';
import type { Channels, Size } from './image-rules.js';
import { dropPngText } from './png-text.js';
import { sharp } from './sharp.js';

/** Size and channels that suit images. */
export interface ImageKind {
  readonly size: Size;
  readonly channels: Channels;
}

/** Images that are looked at. */
const sampleSize = 64;

/** Images that are alike and no larger than this keep their own size. */
const mostSide = 128;

/** The size for all other images: a network of it is trained in minutes. */
const usualSize: Size = [96, 96];

/**
 * Looks at the headers of a few images: their common size where they have one and are small, else 96x96; one channel
 * where all are grey, else three.
 */
export async function findImageKind(files: readonly string[]): Promise<ImageKind> {
  const step = Math.max(1, Math.floor(files.length / sampleSize));
  const sample = files.filter((_, i) => i % step === 0).slice(0, sampleSize);
  const headers = await Promise.all(sample.map(readHeader));
  // What cannot be read says so when it is decoded.
  const known = headers.flatMap(header => header ?? []);
  const [first] = known;
  const isAlike = known.every(({ height, width }) => height === first?.height && width === first.width);
  const isSmall = first !== undefined && Math.max(first.height, first.width) <= mostSide;
  return {
    size: first !== undefined && isAlike && isSmall ? [first.height, first.width] : usualSize,
    channels: known.length > 0 && known.every(({ channels }) => channels < 3) ? 1 : 3,
  };
}

async function readHeader(file: string) {
  try {
    const { autoOrient, channels } = await sharp(dropPngText(await readImageFile(file))).metadata();
    return { ...autoOrient, channels };
  } catch {
    return undefined;
  }
}
