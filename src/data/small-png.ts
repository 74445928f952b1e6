// Small plain PNG files, written and read without the decoder, which takes a millisecond to start on each of them: of
// sixty thousand digits that is a minute. Whatever is not plain and whole is left to the decoder, which says what is wrong.

import { deflateSync, inflateSync } from 'node:zlib';
import { isPngChunkWhole, pngSignature, readPngChunks, renderPngChunk } from './png-chunks.js';

/** Pixels of a plain PNG, 8 bits each: `[height, width, channels]`. */
export interface PlainPixels {
  readonly data: Uint8Array;
  readonly height: number;
  readonly width: number;
  /** Grey or RGB. */
  readonly channels: 1 | 3;
}

/** Colour types of PNG, as channels. */
const channelsOfType: ReadonlyMap<number, 1 | 3> = new Map([
  [0, 1],
  [2, 3],
]);

/** What says nothing about pixels. */
const harmless: ReadonlySet<string> = new Set(['tEXt', 'tIME', 'pHYs']);

/** Above it the decoder is the faster one. */
const mostPixels = 128 * 128;

const mostFileBytes = 128 * 1024;

/** Renders a grey image, `[height, width]`. */
export function renderGreyPng(pixels: Uint8Array, height: number, width: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  // A byte before each row names its filter: none.
  const rows = Buffer.alloc(height * (width + 1));
  for (let y = 0; y < height; y++) rows.set(pixels.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  return Buffer.concat([
    pngSignature,
    renderPngChunk('IHDR', header),
    renderPngChunk('IDAT', deflateSync(rows, { level: 9 })),
    renderPngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/**
 * Reads a small PNG of 8 bits, grey or RGB, without transparency, profile or interlacing.
 * @returns undefined for every other file, damaged ones among them
 */
export function readPlainPng(file: Buffer): PlainPixels | undefined {
  if (file.length > mostFileBytes) return undefined;
  const data: Buffer[] = [];
  let header: Omit<PlainPixels, 'data'> | undefined;
  for (const chunk of readPngChunks(file)) {
    if (!isPngChunkWhole(file, chunk)) return undefined;
    const { type, body, end } = chunk;
    if (type === 'IHDR') header = readHeader(body);
    else if (type === 'IDAT') data.push(body);
    else if (type === 'IEND') return header && end === file.length ? readPixels(header, data) : undefined;
    else if (!harmless.has(type)) return undefined;
  }
  return undefined;
}

function readHeader(body: Buffer): Omit<PlainPixels, 'data'> | undefined {
  if (body.length !== 13) return undefined;
  const [width, height] = [body.readUInt32BE(0), body.readUInt32BE(4)];
  const channels = channelsOfType.get(body[9] ?? -1);
  const isPlain = body[8] === 8 && body[10] === 0 && body[11] === 0 && body[12] === 0;
  if (!isPlain || channels === undefined || width < 1 || height < 1 || width * height > mostPixels)
    return undefined;
  return { height, width, channels };
}

function readPixels(header: Omit<PlainPixels, 'data'>, parts: readonly Buffer[]): PlainPixels | undefined {
  const { height, width, channels } = header;
  const rowBytes = width * channels;
  const filtered = inflate(Buffer.concat(parts), height * (rowBytes + 1));
  if (filtered === undefined) return undefined;
  const data = new Uint8Array(height * rowBytes);
  for (let y = 0; y < height; y++) {
    const start = y * (rowBytes + 1);
    const filter = filters[filtered[start] ?? -1];
    if (filter === undefined) return undefined;
    const [row, above] = [y * rowBytes, (y - 1) * rowBytes];
    for (let x = 0; x < rowBytes; x++) {
      const left = x < channels ? 0 : data[row + x - channels]!;
      const up = y === 0 ? 0 : data[above + x]!;
      const corner = y === 0 || x < channels ? 0 : data[above + x - channels]!;
      data[row + x] = filtered[start + 1 + x]! + filter(left, up, corner);
    }
  }
  return { ...header, data };
}

function inflate(bytes: Buffer, expected: number): Buffer | undefined {
  try {
    const found = inflateSync(bytes, { maxOutputLength: expected });
    return found.length === expected ? found : undefined;
  } catch {
    return undefined;
  }
}

/** What is added to a byte, by PNG's number of the filter. */
const filters: readonly ((left: number, up: number, corner: number) => number)[] = [
  () => 0,
  left => left,
  (_, up) => up,
  (left, up) => (left + up) >> 1,
  predictPaeth,
];

function predictPaeth(left: number, up: number, corner: number): number {
  const estimate = left + up - corner;
  const [toLeft, toUp, toCorner] = [left, up, corner].map(each => Math.abs(estimate - each));
  if (toLeft! <= toUp! && toLeft! <= toCorner!) return left;
  return toUp! <= toCorner! ? up : corner;
}
