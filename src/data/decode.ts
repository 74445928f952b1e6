// An image file to 8-bit pixels of the size and channels that a network wants. The only place that decodes.

import sharp, { type Region, type Sharp } from 'sharp';
import { FinetuneError, messageOf } from '../errors.js';
import { findConversion } from './colour-profile.js';
import { headLength, reasonNotReadable, recognizeFormat } from './formats.js';
import { readImageHead } from './image-file.js';
import { type InputRules, originalView, type Pixels, type ResizeRule, type Size } from './image-rules.js';
import type { ImageSource, ReadOptions } from './read-image.js';

/** What of the rules concerns pixels. */
export type DecodeRules = Pick<InputRules, 'size' | 'channels' | 'resize'>;

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
 * 16 bits to 8, alpha over white where the network takes none, the first frame of several, antialiased when scaled down;
 * to grey as Pillow and TensorFlow do it (ITU-R 601: .299 red, .587 green, .114 blue).
 * @param options `view` and `onStep`, which is told after `read` and `decode`
 * @throws FinetuneError `bad-image` with the reason in plain words; a broken image never comes back in part
 */
export async function decodeImage(
  source: ImageSource,
  { size, channels, resize: rule }: DecodeRules,
  { view = originalView, onStep }: Pick<ReadOptions, 'view' | 'onStep'> = {},
): Promise<Pixels> {
  const head = typeof source === 'string' ? await readImageHead(source, headBytes) : bufferOf(source);
  onStep?.('read');
  const reason = reasonOf(head);
  if (reason !== undefined) throw new FinetuneError('bad-image', reason);
  const hasAlpha = channels === 2 || channels === 4;
  const [height, width] = size;
  try {
    const toSrgb = hasAlpha ? undefined : await findConversion(head);
    // `warning` is the strictest: anything less turns damaged data into grey areas without a word.
    const image = sharp(head.length < headBytes ? head : source, {
      failOn: 'warning',
      limitInputPixels: mostPixels,
      autoOrient: true,
      ignoreIcc: toSrgb !== undefined,
    });
    const opaque = hasAlpha ? image.ensureAlpha() : image.flatten({ background: 'white' });
    const resized = await resize(opaque, size, rule);
    const viewed = view.mirrored ? resized.flop() : resized;
    const colours = await viewed.toColourspace('srgb').raw().toBuffer();
    toSrgb?.(colours);
    const data = channels === 1 || channels === 2 ? toGrey(colours, channels) : colours;
    onStep?.('decode');
    return { data, height, width, channels };
  } catch (cause) {
    throw new FinetuneError('bad-image', describeFailure(messageOf(cause)), { cause });
  }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function reasonOf(bytes: Buffer): string | undefined {
  if (bytes.length === 0) return 'an empty file';
  return reasonNotReadable(recognizeFormat(bytes.subarray(0, headLength)));
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

/** Pillow's whole numbers for ITU-R 601's weights, in parts of 65536. */
const weights = { red: 19595, green: 38470, blue: 7471 };

/** RGB to grey, or RGB and alpha to grey and alpha. */
function toGrey(colours: Uint8Array, channels: 1 | 2): Uint8Array {
  const step = channels + 2;
  const grey = new Uint8Array((colours.length / step) * channels);
  for (let from = 0, to = 0; from < colours.length; from += step, to += channels) {
    const [red, green, blue] = [colours[from]!, colours[from + 1]!, colours[from + 2]!];
    grey[to] = (red * weights.red + green * weights.green + blue * weights.blue + 32768) >> 16;
    if (channels === 2) grey[to + 1] = colours[from + 3]!;
  }
  return grey;
}

/** In our words alone: the decoder's may be about another file that was decoded at the same time. */
function describeFailure(message: string): string {
  if (/pixel limit/.test(message)) return `more than ${mostPixels / 1e6} million pixels`;
  if (/premature end|unexpected end/i.test(message)) return 'cut short: the file ends too early';
  return 'damaged: it cannot be decoded';
}
