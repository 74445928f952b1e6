// Where the first frame of a GIF lies on its canvas (GIF89a, sections 18 to 24).

import type { Rectangle } from './resize.js';

/** What begins a block. */
const [extension, imageDescriptor] = [0x21, 0x2c];

/**
 * The part of the canvas that the first frame covers.
 * @returns undefined where it covers all of it, and where there is no frame on it: then the file is damaged
 */
export function findSmallFrame(gif: Buffer): Rectangle | undefined {
  const start = findFirstFrame(gif);
  if (start === undefined) return undefined;
  const [canvasWidth, canvasHeight] = [gif.readUInt16LE(6), gif.readUInt16LE(8)];
  const [left, top] = [gif.readUInt16LE(start + 1), gif.readUInt16LE(start + 3)];
  const width = Math.min(gif.readUInt16LE(start + 5), canvasWidth - left);
  const height = Math.min(gif.readUInt16LE(start + 7), canvasHeight - top);
  const isSmaller = width < canvasWidth || height < canvasHeight;
  return isSmaller && width > 0 && height > 0 ? { left, top, width, height } : undefined;
}

/** Where the descriptor of the first frame begins. */
function findFirstFrame(gif: Buffer): number | undefined {
  let at = 13 + tableBytes(gif[10] ?? 0);
  while (gif[at] === extension) {
    at += 2;
    for (let length = gif[at] ?? 0; length > 0; length = gif[at] ?? 0) at += 1 + length;
    at += 1;
  }
  return gif[at] === imageDescriptor && at + 9 <= gif.length ? at : undefined;
}

/** Bytes of the colours that everything shares, by the flags that tell of them. */
function tableBytes(flags: number): number {
  return (flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 7) + 1);
}
