// An image file to 8-bit RGB pixels of the size that a network wants. The only place that decodes.

import sharp, { type Region, type Sharp } from 'sharp';
import { FinetuneError, messageOf } from '../errors.js';
import type { Lap } from '../system/timer.js';
import { findConversion } from './colour-profile.js';
import { headLength, reasonNotReadable, recogniseFormat } from './formats.js';
import type { Pixels, ResizeRule } from './image-rules.js';
import { readImageHead } from './read.js';

type Size = readonly [height: number, width: number];

/** 200-megapixel phones exist; more is a decompression bomb. */
const mostPixels = 201_000_000;

/**
 * What is read of a file here: all of a small one, and enough of a large one to know its format and colour profile.
 * The decoder reads large files itself when their turn comes, so that those that wait take no memory.
 */
const headBytes = 128 * 1024;

// One thread per image; several images are decoded at a time by the callers. No image comes twice, so no cache.
sharp.concurrency(1);
sharp.cache(false);

/**
 * Decodes an image: orientation applied, an embedded colour profile converted to sRGB, CMYK and grey to RGB,
 * 16 bits to 8, alpha over white, the first frame of several, antialiased when scaled down.
 * @param file a path or the bytes of an image file
 * @param lap told after `read` (of large files, their beginning only) and `decode`
 * @throws FinetuneError `bad-image` with the reason in plain words; a broken image never comes back in part
 */
export async function decodeImage(
  file: string | Buffer,
  size: Size,
  rule: ResizeRule,
  lap?: Lap,
): Promise<Pixels> {
  const head = typeof file === 'string' ? await readImageHead(file, headBytes) : file;
  lap?.('read');
  const reason = reasonOf(head);
  if (reason !== undefined) throw new FinetuneError('bad-image', reason);
  const [height, width] = size;
  try {
    const toSrgb = await findConversion(head);
    // `warning` is the strictest: anything less turns damaged data into grey areas without a word.
    const image = sharp(head.length < headBytes ? head : file, {
      failOn: 'warning',
      limitInputPixels: mostPixels,
      autoOrient: true,
      ignoreIcc: toSrgb !== undefined,
    });
    const resized = await resize(image.flatten({ background: 'white' }), size, rule);
    const data = await resized.toColourspace('srgb').raw().toBuffer();
    toSrgb?.(data);
    lap?.('decode');
    return { data, height, width };
  } catch (cause) {
    throw new FinetuneError('bad-image', describeFailure(messageOf(cause)), { cause });
  }
}

function reasonOf(bytes: Buffer): string | undefined {
  if (bytes.length === 0) return 'an empty file';
  return reasonNotReadable(recogniseFormat(bytes.subarray(0, headLength)));
}

async function resize(image: Sharp, [height, width]: Size, rule: ResizeRule): Promise<Sharp> {
  const kernel = rule.interpolation;
  if (rule.method === 'pad')
    return image.resize(width, height, { fit: 'contain', kernel, background: 'black' });
  const part = rule.method === 'crop' ? await centreOf(image, [height, width], rule.cropFraction) : undefined;
  return (part ? image.extract(part) : image).resize(width, height, { fit: 'fill', kernel });
}

/** The largest rectangle of the target's proportions, times `fraction`, in the middle of the upright photo. */
async function centreOf(image: Sharp, [height, width]: Size, fraction: number): Promise<Region> {
  const { width: photoWidth, height: photoHeight } = (await image.metadata()).autoOrient;
  const scale = Math.min(photoHeight / height, photoWidth / width) * fraction;
  const part = {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
  return {
    ...part,
    left: Math.floor((photoWidth - part.width) / 2),
    top: Math.floor((photoHeight - part.height) / 2),
  };
}

/** In our words alone: the decoder's may be about another file that was decoded at the same time. */
function describeFailure(message: string): string {
  if (/pixel limit/.test(message)) return `more than ${mostPixels / 1e6} million pixels`;
  if (/premature end|unexpected end/i.test(message)) return 'cut short: the file ends too early';
  return 'damaged: it cannot be decoded';
}
