// Bytes into a file that is open, all of them: the system may take a part at a time.

import type { FileHandle } from 'node:fs/promises';

/** @returns how many bytes were written: all of them */
export async function writeAt(file: FileHandle, position: number, data: ArrayBufferView): Promise<number> {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  for (let written = 0; written < bytes.length; ) {
    written += (await file.write(bytes, written, bytes.length - written, position + written)).bytesWritten;
  }
  return bytes.length;
}
