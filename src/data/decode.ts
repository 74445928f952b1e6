// An image file to 8-bit pixels of the size and channels that a network wants. The only place that decodes.

import sharp, { type Metadata } from 'sharp';
import { FinetuneError, messageOf } from '../errors.js';
import { findConversion } from './colour-profile.js';
import { reasonNotReadable } from './formats.js';
import { readImageFile } from './image-file.js';
import { type Channels, type InputRules, originalView, type Pixels } from './image-rules.js';
import { mendScanHeader } from './jpeg.js';
import { type Orientation, placePixels } from './place-pixels.js';
import type { ImageSource, ReadOptions } from './read-image.js';
import { type Placement, planPlacement, resample } from './resize.js';

/** What of the rules concerns pixels. */
export type DecodeRules = Pick<InputRules, 'size' | 'channels' | 'resize'>;

/** 200-megapixel phones exist; more is a decompression bomb. */
const mostPixels = 201_000_000;

// One thread per image; several images are decoded at a time by the callers. No image comes twice, so no cache.
sharp.concurrency(1);
sharp.cache(false);

/**
 * Decodes an image: orientation applied, an embedded colour profile converted to sRGB, CMYK and grey to RGB,
 * 16 bits to 8, alpha over white where the network takes none, the first frame of several, resized by the rule of resize.ts;
 * to grey as Pillow and TensorFlow do it (ITU-R 601: .299 red, .587 green, .114 blue).
 * @param options `view` and `onStep`, which is told after `read` and `decode`
 * @throws FinetuneError `bad-image` with the reason in plain words: what cannot be read, is cut short, or is so damaged that
 * the decoder notices. Damage inside the coded data of a JPEG may only show as wrong pixels.
 */
export async function decodeImage(
  source: ImageSource,
  { size, channels, resize: rule }: DecodeRules,
  { view = originalView, onStep }: Pick<ReadOptions, 'view' | 'onStep'> = {},
): Promise<Pixels> {
  const bytes = typeof source === 'string' ? await readImageFile(source) : bufferOf(source);
  onStep?.('read');
  const reason = bytes.length === 0 ? 'an empty file' : reasonNotReadable(bytes);
  if (reason !== undefined) throw new FinetuneError('bad-image', reason);
  const file = mendScanHeader(bytes);
  const header = await decoding(sharp(file, decoderOptions).metadata());
  const upright = [header.autoOrient.height, header.autoOrient.width] as const;
  const placement = planPlacement(upright, size, rule);
  const decoded = await decodePart(file, { header, placement, channels, kernel: rule.interpolation });
  const isTurned = orientationOf(header) > 4;
  const { to } = placement;
  const target = isTurned ? ([to.width, to.height] as const) : ([to.height, to.width] as const);
  const isSmaller = decoded.height < target[0] || decoded.width < target[1];
  const resized = isSmaller ? resample(decoded, target, rule.interpolation) : decoded;
  const coloured = channels === 1 || channels === 2 ? toGrey(resized, channels) : resized;
  const pixels = placePixels(coloured, {
    orientation: orientationOf(header),
    mirrored: view.mirrored,
    size,
    to,
  });
  onStep?.('decode');
  return pixels;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

// `warning` is the strictest: anything less takes what the decoder itself calls damaged.
const decoderOptions = { failOn: 'warning', limitInputPixels: mostPixels } as const;

interface PartOptions {
  readonly header: Metadata;
  readonly placement: Placement;
  readonly channels: Channels;
  readonly kernel: 'linear' | 'cubic' | 'lanczos3';
}

/** The wanted part as it is stored, not yet upright: shrunk on either axis as far as needed, never enlarged. */
async function decodePart(
  file: Buffer,
  { header, placement: { from, to }, channels, kernel }: PartOptions,
): Promise<Pixels> {
  const hasAlpha = channels === 2 || channels === 4;
  const toSrgb = hasAlpha ? undefined : await findConversion(file);
  const image = sharp(file, { ...decoderOptions, ignoreIcc: toSrgb !== undefined });
  const isTurned = orientationOf(header) > 4;
  const stored = isTurned ? { left: from.top, top: from.left, width: from.height, height: from.width } : from;
  const [width, height] = [
    Math.min(stored.width, isTurned ? to.height : to.width),
    Math.min(stored.height, isTurned ? to.width : to.height),
  ];
  if (hasAlpha) image.ensureAlpha();
  else if (header.hasAlpha) image.flatten({ background: 'white' });
  // Whatever is extracted is not scaled while it is read, which WebP does by a rule of its own, hidden colours included.
  if (stored.width * stored.height < header.width * header.height || header.format === 'webp')
    image.extract(stored);
  // Scaled while it is read only where it is at least twice as large as needed: else the result is off.
  image.resize({ width, height, fit: 'fill', kernel, fastShrinkOnLoad: false });
  const data = await decoding(image.toColourspace('srgb').raw().toBuffer());
  toSrgb?.(data);
  return { data, width, height, channels: hasAlpha ? 4 : 3 };
}

function orientationOf({ orientation = 1 }: Metadata): Orientation {
  return orientation >= 1 && orientation <= 8 ? (orientation as Orientation) : 1;
}

/** Pillow's whole numbers for ITU-R 601's weights, in parts of 65536. */
const weights = { red: 19595, green: 38470, blue: 7471 };

/** RGB to grey, or RGB and alpha to grey and alpha. */
function toGrey({ data: colours, ...size }: Pixels, channels: 1 | 2): Pixels {
  const step = channels + 2;
  const data = new Uint8Array((colours.length / step) * channels);
  for (let from = 0, to = 0; from < colours.length; from += step, to += channels) {
    const [red, green, blue] = [colours[from]!, colours[from + 1]!, colours[from + 2]!];
    data[to] = (red * weights.red + green * weights.green + blue * weights.blue + 32768) >> 16;
    if (channels === 2) data[to + 1] = colours[from + 3]!;
  }
  return { ...size, data, channels };
}

/** What the decoder fails at is a bad image; what we fail at is not. */
async function decoding<Result>(work: Promise<Result>): Promise<Result> {
  return work.catch((cause: unknown) => {
    throw new FinetuneError('bad-image', describeFailure(messageOf(cause)), { cause });
  });
}

/** In our words alone: the decoder's may be about another file that was decoded at the same time. */
function describeFailure(message: string): string {
  if (/pixel limit/.test(message)) return `more than ${mostPixels / 1e6} million pixels`;
  if (/premature end|unexpected end/i.test(message)) return 'cut short: the file ends too early';
  return 'damaged: it cannot be decoded';
}
