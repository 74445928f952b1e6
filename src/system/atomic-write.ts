// Files that are there complete or not at all.

import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { explainWriteFailure } from './write-failure.js';

/**
 * Writes a file under a temporary name beside its own, flushes and renames it.
 * @param write text, or what fills the open file
 * @throws FinetuneError `not-written` with the path where the machine refuses
 */
export async function writeAtomically(
  path: string,
  write: string | Uint8Array | ((file: FileHandle) => Promise<void>),
): Promise<void> {
  // A name that nobody else can have: what has it is removed. Without the file's own, which may be as long as names can be.
  const temporary = join(dirname(path), `.${randomBytes(8).toString('hex')}.tmp`);
  try {
    const file = await open(temporary, 'wx');
    try {
      if (typeof write === 'function') await write(file);
      else await file.writeFile(write);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    throw explainWriteFailure(path, error);
  } finally {
    await rm(temporary, { force: true });
  }
}
