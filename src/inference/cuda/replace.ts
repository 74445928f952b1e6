// New libraries for CUDA put in the place of old ones, which go last: whatever happens on the way, one of both is there.

import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { FinetuneError } from '../../errors.js';
import { cudaDirectory, workDirectory, workFolders } from './place.js';
import { findForeign, removeUnfinished } from './remove.js';

/** @throws FinetuneError `not-written` where the place holds what this program did not write, or not so */
export async function validateReplaceableLibraries(): Promise<void> {
  const foreign = await findForeign(cudaDirectory());
  if (foreign === undefined) return;
  throw new FinetuneError(
    'not-written',
    `${foreign} is not as this program wrote it, so nothing there is replaced. Move it away, or name another place with ` +
      'FINETUNE_CACHE.',
  );
}

/** Moves the unpacked libraries to their place, then removes what was there, and the wheels. */
export async function replaceLibraries(): Promise<void> {
  await validateReplaceableLibraries();
  if (existsSync(cudaDirectory())) await rename(cudaDirectory(), replaced());
  try {
    await rename(join(workDirectory(), workFolders.fresh), cudaDirectory());
  } catch (error) {
    await putBackLibraries();
    throw error;
  }
  await removeUnfinished();
}

/** A process that was killed at the worst moment has put the old ones aside, and nothing in their place. */
export async function putBackLibraries(): Promise<void> {
  if (existsSync(replaced()) && !existsSync(cudaDirectory())) await rename(replaced(), cudaDirectory());
}

function replaced(): string {
  return join(workDirectory(), workFolders.replaced);
}
