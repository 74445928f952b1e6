// Compressed text inside PNGs. The decoder unpacks all of it, though nothing of it is a pixel: 900 kB of file became 5 GB of
// memory, which no header announces.

import { readPngChunks } from './png-chunks.js';

/** Chunks whose text may be compressed. */
const textChunks: readonly string[] = ['zTXt', 'iTXt'];

/**
 * Takes the compressed text out of a PNG.
 * @returns the bytes without it, or the same bytes; what is no PNG, or damaged from there on, stays as it is
 */
export function dropPngText(file: Buffer): Buffer {
  const kept: Buffer[] = [];
  let keptTo = 0;
  for (const { type, start, end } of readPngChunks(file)) {
    if (!textChunks.includes(type)) continue;
    kept.push(file.subarray(keptTo, start));
    keptTo = end;
  }
  return keptTo === 0 ? file : Buffer.concat([...kept, file.subarray(keptTo)]);
}
