// The chunks that a PNG is made of (PNG specification, section 5).

import { crc32 } from 'node:zlib';

/** What every PNG begins with. */
export const pngSignature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

/** Length, type and checksum of a chunk. */
const frameBytes = 12;

/** A chunk, and where in the file it lies. */
export interface PngChunk {
  /** Four letters, e.g. `IDAT`. */
  readonly type: string;
  readonly body: Buffer;
  readonly start: number;
  readonly end: number;
}

/** The chunks of a PNG up to one that is not there in full, whatever their checksums; none of another file. */
export function* readPngChunks(file: Buffer): Generator<PngChunk> {
  if (!file.subarray(0, pngSignature.length).equals(pngSignature)) return;
  for (let start = pngSignature.length; start + frameBytes <= file.length; ) {
    const end = start + frameBytes + file.readUInt32BE(start);
    if (end > file.length) return;
    const type = file.toString('latin1', start + 4, start + 8);
    yield { type, body: file.subarray(start + 8, end - 4), start, end };
    start = end;
  }
}

/** Whether the checksum of a chunk is right. */
export function isPngChunkWhole(file: Buffer, { start, end }: PngChunk): boolean {
  return crc32(file.subarray(start + 4, end - 4)) === file.readUInt32BE(end - 4);
}

/** A chunk as it lies in a file. */
export function renderPngChunk(type: string, body: Buffer): Buffer {
  const chunk = Buffer.alloc(frameBytes + body.length);
  chunk.writeUInt32BE(body.length, 0);
  chunk.write(type, 4, 'latin1');
  body.copy(chunk, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + body.length)), 8 + body.length);
  return chunk;
}
