// Small real image files and folders of them, made with sharp.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { deflateSync } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';

export const black = [0, 0, 0];
export const red = [255, 0, 0];
export const green = [0, 255, 0];
export const blue = [0, 0, 255];
export const white = [255, 255, 255];
export const colourOf: Readonly<Record<string, number[]>> = { R: red, G: green, B: blue, W: white };

/** Four flat quarters, by default red, green / blue, white: `[32, 48, 3]`. */
export function quartersImage(colours: readonly number[][] = [red, green, blue, white]): Sharp {
  const [width, height] = [48, 32];
  const pixels = Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return colours[(y < height / 2 ? 0 : 2) + (x < width / 2 ? 0 : 1)]!;
  });
  return sharp(Buffer.from(pixels.flat()), { raw: { width, height, channels: 3 } });
}

/** A PNG of 16 bits whose values are below 4096, as cameras and microscopes write them: bright, where it is read rightly. */
export function twelveBitsInSixteen(): Promise<Buffer> {
  const values = Uint16Array.from({ length: 64 * 64 }, (_, i) => i);
  const image = sharp(values, { raw: { width: 64, height: 64, channels: 1 } });
  return image.toColourspace('grey16').png().toBuffer();
}

/** A JPEG that differs from those of other numbers. */
export function numberedJpeg(number: number): Promise<Buffer> {
  const background = { r: number % 256, g: Math.floor(number / 256), b: 100 };
  return sharp({ create: { width: 16, height: 16, channels: 3, background } })
    .jpeg()
    .toBuffer();
}

/** Four photos of different contents. */
export async function fourJpegs(): Promise<Readonly<Record<'a' | 'b' | 'c' | 'd', Buffer>>> {
  const [a, b, c, d] = await Promise.all([
    numberedJpeg(1),
    numberedJpeg(2),
    numberedJpeg(3),
    numberedJpeg(4),
  ]);
  return { a, b, c, d };
}

/** A temporary folder with these files; it goes when the test ends. */
export async function folderWith(
  context: TestContext,
  files: Readonly<Record<string, Buffer | string>>,
): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'finetune-data-'));
  context.after(() => rm(root, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
  return root;
}

/** The RGB value at a place of `[height, width, 3]` pixels, both as a part of 1. */
export function colourAt(
  { data, width, height }: { data: Uint8Array; width: number; height: number },
  x: number,
  y: number,
): number[] {
  const start = (Math.floor(y * height) * width + Math.floor(x * width)) * 3;
  return [...data.subarray(start, start + 3)];
}

/** A copy with the byte changed that lies at this part of the file. */
export function flipByte(file: Buffer, part: number): Buffer {
  const copy = Buffer.from(file);
  copy[Math.floor(copy.length * part)]! ^= 0x55;
  return copy;
}

/** A PNG header that promises these dimensions, with next to no data. */
export function promisingPng(width: number, height: number): Buffer {
  const size = Buffer.alloc(13);
  size.writeUInt32BE(width, 0);
  size.writeUInt32BE(height, 4);
  size.set([8, 2, 0, 0, 0], 8);
  const chunks = [
    chunk('IHDR', size),
    chunk('IDAT', deflateSync(Buffer.alloc(1000))),
    chunk('IEND', Buffer.alloc(0)),
  ];
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...chunks]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  framed.set(body, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}

function crc32(data: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** Enough of a BMP to be recognised. */
export function headerOfBmp(): Buffer {
  const file = Buffer.alloc(58);
  file.write('BM', 'latin1');
  file.writeUInt32LE(40, 14);
  return file;
}

/** A TIFF of 2 x 2 pixels with these tags (TIFF 6.0), each a 16-bit value; the samples are zeros. */
export function tiffWith(tags: Readonly<Record<number, number>>): Buffer {
  const entries = Object.entries({
    256: 2,
    257: 2,
    258: 8,
    259: 1,
    262: 2,
    277: 3,
    278: 2,
    279: 64,
    ...tags,
    273: 8,
  })
    .map(([tag, value]) => [Number(tag), value] as const)
    .sort(([a], [b]) => a - b);
  const file = Buffer.alloc(8 + 64 + 2 + entries.length * 12 + 4);
  file.write('II*\0', 'latin1');
  file.writeUInt32LE(72, 4);
  file.writeUInt16LE(entries.length, 72);
  for (const [i, [tag, value]] of entries.entries()) {
    const at = 74 + i * 12;
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(3, at + 2);
    file.writeUInt32LE(1, at + 4);
    file.writeUInt16LE(value, at + 8);
  }
  return file;
}
