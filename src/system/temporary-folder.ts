// Folders that are gone when they are no longer needed, also after Ctrl-C.

import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onInterrupt } from './interrupt.js';

export interface TemporaryFolder {
  readonly path: string;
  remove(): Promise<void>;
}

/**
 * Makes one in the system's temporary folder.
 * @param purpose part of the folder's name, for whoever comes across it
 */
export function makeTemporaryFolder(purpose: string): TemporaryFolder {
  return makeTemporaryFolderAt(join(tmpdir(), `finetune-${purpose}`));
}

/** @param prefix path of the folder, to which its own ending is added */
export function makeTemporaryFolderAt(prefix: string): TemporaryFolder {
  const path = `${prefix}-${randomUUID()}`;
  // Noted before it is there: an interrupt in between would leave it behind.
  const forget = onInterrupt(path);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    forget();
    throw error;
  }
  return {
    path,
    async remove() {
      await rm(path, { recursive: true, force: true });
      forget();
    },
  };
}
