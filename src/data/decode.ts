// An image file to 8-bit pixels of the size and channels that a network wants. The only place that decodes.

import { createHash } from 'node:crypto';
import type { Sharp } from 'sharp';
import { FinetuneError, messageOf } from '../errors.js';
import { changePixels } from './change-pixels.js';
import { findConversion } from './colour-profile.js';
import { estimateDecodingBytes, type ImageHeader, takeTurn, withDecodingMemory } from './decode-memory.js';
import { isJpeg, reasonNotReadable } from './formats.js';
import { findSmallFrame } from './gif.js';
import { toGrey, toRgb } from './grey.js';
import { readImageFile } from './image-file.js';
import { type InputRules, originalView, type Pixels, type ResizeRule, type Size } from './image-rules.js';
import { mendScanHeader, readJpegHeader } from './jpeg.js';
import { findJpegBreak, findJpegDamage } from './jpeg-check.js';
import { type Orientation, orientations, placePixels } from './place-pixels.js';
import { dropPngText } from './png-text.js';
import type { ImageSource, ReadOptions } from './read-options.js';
import { planPlacement, type Rectangle, resample, showPart } from './resize.js';
import { sharp } from './sharp.js';
import { readPlainPng } from './small-png.js';
import { bitsOf, isNarrow, type ValueRange } from './value-range.js';

/** What of the rules concerns pixels. */
export type DecodeRules = Pick<InputRules, 'size' | 'channels' | 'resize'>;

/** 200-megapixel phones exist; more is a decompression bomb. */
const mostPixels = 201_000_000;

// One thread per image; several images are decoded at a time by the callers. No image comes twice, so no cache.
sharp.concurrency(1);
sharp.cache(false);

/**
 * Decodes an image: orientation applied, an embedded colour profile converted to sRGB, CMYK and grey to RGB,
 * 16 bits to 8 (8, 10 or 12 in 16 by their own range), alpha over white where the network takes none, the first frame of
 * several, resized by the rule of resize.ts;
 * to grey as Pillow and TensorFlow do it (ITU-R 601: .299 red, .587 green, .114 blue).
 * @throws FinetuneError `bad-image` with the reason in plain words: what cannot be read, is cut short, or is so damaged that
 * the decoder or a look at the markers tells. Damage inside the coded data of a JPEG is found with `thorough` only.
 */
export async function decodeImage(
  source: ImageSource,
  rules: DecodeRules,
  options: Omit<ReadOptions, 'target'> = {},
): Promise<Pixels> {
  return takeTurn(async () => {
    const bytes =
      typeof source === 'string' ? await readImageFile(source, options.isCached) : bufferOf(source);
    options.onStep?.('read');
    validateFile(bytes, options);
    options.onBytes?.(bytes);
    const pixels = await decodeBytes(mendFile(bytes), rules, options);
    options.onPixels?.(pixels);
    options.onStep?.('decode');
    return pixels;
  });
}

/** @throws FinetuneError `bad-image` for what is known to be bad before it is decoded */
function validateFile(bytes: Buffer, { hash, thorough = false }: ReadOptions): void {
  const reason =
    bytes.length === 0 ? 'an empty file' : (reasonNotReadable(bytes) ?? findDamage(bytes, thorough));
  if (reason !== undefined) throw new FinetuneError('bad-image', reason);
  if (hash !== undefined && createHash('sha256').update(bytes).digest('hex') !== hash)
    throw new FinetuneError('bad-image', 'changed after the folder was looked through');
}

function findDamage(bytes: Buffer, thorough: boolean): string | undefined {
  if (!isJpeg(bytes)) return undefined;
  return findJpegBreak(bytes) ?? (thorough ? findJpegDamage(bytes) : undefined);
}

/** What the decoder stumbles over and what it would unpack in vain is put right. */
function mendFile(bytes: Buffer): Buffer {
  return dropPngText(mendScanHeader(bytes));
}

async function decodeBytes(file: Buffer, rules: DecodeRules, options: ReadOptions): Promise<Pixels> {
  const pixels = decodePlain(file, rules, options) ?? (await decodeAny(file, rules, options));
  return options.view?.change === undefined ? pixels : changePixels(pixels, options.view.change);
}

/** A small plain PNG that is not shrunk, which is the same as what the decoder gives, in a twentieth of the time. */
function decodePlain(
  file: Buffer,
  { size, channels, resize: rule }: DecodeRules,
  { view = originalView }: ReadOptions,
): Pixels | undefined {
  if (channels % 2 === 0 || view.part !== undefined) return undefined;
  const plain = readPlainPng(file);
  if (plain === undefined) return undefined;
  const { height, width } = plain;
  const { from, to } = planPlacement([height, width], size, rule);
  if (from.height !== height || from.width !== width || to.height < height || to.width < width)
    return undefined;
  const coloured = plain.channels === 3 || channels === 1 ? plain : toRgb(plain);
  const isSame = to.height === height && to.width === width;
  const resized = isSame ? coloured : resample(coloured, [to.height, to.width], rule.interpolation);
  const grey = channels === 1 && resized.channels === 3 ? toGrey(resized, channels) : resized;
  return placePixels(grey, { orientation: 1, mirrored: view.mirrored, size, to });
}

async function decodeAny(file: Buffer, rules: DecodeRules, readOptions: ReadOptions): Promise<Pixels> {
  const { size, channels, resize: rule } = rules;
  const { view = originalView, onNarrowRange } = readOptions;
  const header = await readHeader(file);
  const frame = header.format === 'gif' && !header.hasAlpha ? findSmallFrame(file) : undefined;
  if (frame !== undefined) return decodeAny(await fillCanvas(file, frame, header), rules, readOptions);
  const { orientation, width, height } = header;
  const upright = orientation > 4 ? ([width, height] as const) : ([height, width] as const);
  const { from: whole, to } = planPlacement(upright, size, rule);
  // In an image that is stored on its side or upside down the part lies elsewhere, which is as good for a view.
  const from = view.part === undefined ? whole : showPart(whole, view.part);
  // As they are stored, not yet upright.
  const part = orientation > 4 ? turn(from) : from;
  const target = orientation > 4 ? turn(to) : to;
  const hasAlpha = channels % 2 === 0;
  const options = { header, part, target, kernel: rule.interpolation, hasAlpha, onNarrowRange };
  const decoded = await withDecodingMemory(estimateDecodingBytes(header), () => decodePart(file, options));
  const isSmaller = decoded.height < target.height || decoded.width < target.width;
  const resized = isSmaller ? resample(decoded, [target.height, target.width], rule.interpolation) : decoded;
  const coloured = channels === 1 || channels === 2 ? toGrey(resized, channels) : resized;
  return placePixels(coloured, { orientation, mirrored: view.mirrored, size, to });
}

/** Around the first frame of a GIF nothing is to be seen; the decoder has black there, unless a colour is transparent. */
async function fillCanvas(file: Buffer, frame: Rectangle, header: Header): Promise<Buffer> {
  const image = sharp(file, decoderOptions).extract(frame);
  image.extend({
    ...{ left: frame.left, right: header.width - frame.left - frame.width },
    ...{ top: frame.top, bottom: header.height - frame.top - frame.height },
    background: { r: 255, g: 255, b: 255, alpha: 0 },
  });
  const bytes = 2 * estimateDecodingBytes(header);
  return withDecodingMemory(bytes, () => decoding(image.png({ compressionLevel: 0 }).toBuffer()));
}

function turn({ left, top, width, height }: Rectangle): Rectangle {
  return { left: top, top: left, width: height, height: width };
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

// `warning` is the strictest: anything less takes what the decoder itself calls damaged.
const decoderOptions = { failOn: 'warning', limitInputPixels: mostPixels } as const;

interface Header extends ImageHeader {
  readonly hasAlpha: boolean;
  readonly orientation: Orientation;
}

interface PartOptions {
  readonly header: Header;
  readonly part: Rectangle;
  readonly target: Rectangle;
  readonly kernel: ResizeRule['interpolation'];
  readonly hasAlpha: boolean;
  readonly onNarrowRange: ReadOptions['onNarrowRange'];
}

/** A part of an image, shrunk on either axis as far as needed, never enlarged: RGB, or RGB and alpha. */
async function decodePart(
  file: Buffer,
  { header, part, target, kernel, hasAlpha, onNarrowRange }: PartOptions,
): Promise<Pixels> {
  // A profile for RGB says nothing of an image that is grey, or made of inks.
  const toSrgb = hasAlpha || header.channels !== 3 ? undefined : await findConversion(file);
  const image = sharp(file, { ...decoderOptions, ignoreIcc: toSrgb !== undefined });
  if (hasAlpha) image.ensureAlpha();
  else if (header.hasAlpha) image.flatten({ background: 'white' });
  const isWhole = part.width === header.width && part.height === header.height;
  // Whatever is extracted is not scaled while it is read, which WebP does by a rule of its own, hidden colours included.
  if (!isWhole || header.format === 'webp') image.extract(part);
  if (header.depth === 'ushort') {
    const range = await findRange(file);
    widenRange(image, range);
    if (isNarrow(range)) onNarrowRange?.(range);
  }
  const width = Math.min(part.width, target.width);
  const height = Math.min(part.height, target.height);
  // Scaled while it is read only where it is at least twice as large as needed: else the result is off.
  image.resize({ width, height, fit: 'fill', kernel, fastShrinkOnLoad: false });
  const data = await decoding(image.toColourspace('srgb').raw().toBuffer());
  toSrgb?.(data);
  return { data, width, height, channels: hasAlpha ? 4 : 3 };
}

/** The range of its colours. */
async function findRange(file: Buffer): Promise<ValueRange> {
  const { channels } = await decoding(sharp(file, decoderOptions).stats());
  const colours = channels.length % 2 === 0 ? channels.slice(0, -1) : channels;
  return [Math.min(...colours.map(({ min }) => min)), Math.max(...colours.map(({ max }) => max))];
}

/** Samples of 8, 10 or 12 bits that are kept in 16 would be nearly black. */
function widenRange(image: Sharp, range: ValueRange): void {
  const bits = bitsOf(range);
  if (bits !== undefined) image.linear(65535 / (2 ** bits - 1));
}

/**
 * Height and width of an image in pixels, as they are stored.
 * @throws FinetuneError `bad-image`
 */
export async function readImageSize(file: Buffer): Promise<Size> {
  const { height, width } = await readHeader(mendFile(file));
  return [height, width];
}

/** What has to be known of an image before it is decoded. */
async function readHeader(file: Buffer): Promise<Header> {
  // A photo's header is read here in no time; the decoder takes a tenth of what decoding takes.
  const jpeg = isJpeg(file) ? readJpegHeader(file) : undefined;
  if (jpeg === undefined) {
    const { orientation, ...header } = await decoding(sharp(file, decoderOptions).metadata());
    return { ...header, orientation: toOrientation(orientation) };
  }
  const { marker, width, height, components } = jpeg.frame;
  return {
    ...{ format: 'jpeg', width, height, channels: components.length, depth: 'uchar' },
    ...{ isProgressive: marker === 0xc2, hasAlpha: false },
    orientation: toOrientation(jpeg.orientation),
  };
}

function toOrientation(number: number | undefined): Orientation {
  return orientations.find(each => each === number) ?? 1;
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
