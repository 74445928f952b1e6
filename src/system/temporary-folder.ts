// Folders that are gone when they are no longer needed, also after Ctrl-C.

import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onInterrupt } from './interrupt.js';
import { explainWriteFailure } from './write-failure.js';

export interface TemporaryFolder {
  readonly path: string;
  remove(): Promise<void>;
}

/**
 * Makes one in the system's temporary folder.
 * @param purpose part of the folder's name, for whoever comes across it
 */
export function makeTemporaryFolder(purpose: string): TemporaryFolder {
  return makeTemporaryFolderAt(join(tmpdir(), `finetune-${purpose}`), 'TMPDIR');
}

/**
 * Makes one beside what will take its place, or elsewhere.
 * @param prefix path of the folder, to which its own ending is added
 * @param option what chooses another place, for a message
 * @throws FinetuneError `not-written` where the machine refuses
 */
export function makeTemporaryFolderAt(prefix: string, option?: string): TemporaryFolder {
  const path = `${prefix}-${randomUUID()}`;
  // Noted before it is there: an interrupt in between would leave it behind.
  const forget = onInterrupt(path);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    forget();
    throw explainWriteFailure(path, error, option);
  }
  return {
    path,
    async remove() {
      await rm(path, { recursive: true, force: true });
      forget();
    },
  };
}
