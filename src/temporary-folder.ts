// A folder in the system's temporary folder, gone when it is no longer needed, also after Ctrl-C.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onInterrupt } from './interrupt.js';

export interface TemporaryFolder {
  readonly path: string;
  remove(): Promise<void>;
}

/** @param purpose part of the folder's name, for whoever comes across it */
export async function makeTemporaryFolder(purpose: string): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), `finetune-${purpose}-`));
  const forget = onInterrupt(path);
  return {
    path,
    async remove() {
      await rm(path, { recursive: true, force: true });
      forget();
    },
  };
}
