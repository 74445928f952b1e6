// Compressed text inside PNGs. The decoder unpacks all of it, though nothing of it is a pixel: 900 kB of file became 5 GB of
// memory, which no header announces.

const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

/** Chunks whose text may be compressed. */
const textChunks: readonly string[] = ['zTXt', 'iTXt'];

/** Length, type and checksum of a chunk. */
const frameBytes = 12;

/**
 * Takes the compressed text out of a PNG.
 * @returns the bytes without it, or the same bytes; what is no PNG, or damaged from there on, stays as it is
 */
export function dropPngText(file: Buffer): Buffer {
  if (!file.subarray(0, signature.length).equals(signature)) return file;
  const kept: Buffer[] = [];
  let keptTo = 0;
  for (let at = signature.length; at + frameBytes <= file.length; ) {
    const end = at + frameBytes + file.readUInt32BE(at);
    if (end > file.length) break;
    if (textChunks.includes(file.toString('latin1', at + 4, at + 8))) {
      kept.push(file.subarray(keptTo, at));
      keptTo = end;
    }
    at = end;
  }
  return keptTo === 0 ? file : Buffer.concat([...kept, file.subarray(keptTo)]);
}
