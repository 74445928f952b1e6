// Folders, with those above them.

import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { codeOf } from './write-failure.js';

/**
 * Makes a folder where there is none. Node's own `recursive` tries for ever where the system says that there is no such
 * place, as in /proc.
 * @throws Error with the system's code, e.g. `EACCES`
 */
export function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  try {
    mkdirSync(path);
  } catch (error) {
    const parent = dirname(path);
    const code = codeOf(error);
    // Another process may have made it meanwhile.
    if (code === 'EEXIST' && statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
    if (code !== 'ENOENT' || existsSync(parent)) throw error;
    makeFolder(parent);
    makeFolder(path);
  }
}
