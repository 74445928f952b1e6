// Why a file could not be read, in plain words.

import { constants, type Stats } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { messageOf } from '../errors.js';
import { codeOf } from './write-failure.js';

const reasonOfCode: ReadonlyMap<unknown, string> = new Map([
  ['ENOENT', 'no such file'],
  ['ENOTDIR', 'no such file'],
  ['EISDIR', 'a folder, not a file'],
  ['EACCES', 'cannot be read: no permission'],
  ['EPERM', 'cannot be read: no permission'],
  ['ELOOP', 'a link that leads to itself'],
  ['ENAMETOOLONG', 'cannot be read: its path is too long'],
]);

/** Why a file could not be opened or read, in plain words. */
export function describeReadFailure(error: unknown): string {
  return reasonOfCode.get(codeOf(error)) ?? `cannot be read: ${messageOf(error)}`;
}

/** What something is that is neither a file nor a folder, in plain words: opening it may wait for ever. */
export function describeSpecialFile(status: Stats): string {
  if (status.isFIFO()) return 'a named pipe, not a file';
  return status.isSocket() ? 'a socket, not a file' : 'a device, not a file';
}

/**
 * Measures a file that is to be read.
 * @returns its size in bytes; or what to say after its path where there is nothing to read, e.g. `is missing`
 */
export async function measureFile(path: string): Promise<number | string> {
  try {
    const status = await stat(path);
    if (status.isDirectory()) return 'is a folder, not a file';
    if (!status.isFile()) return `is ${describeSpecialFile(status)}`;
    await access(path, constants.R_OK);
    return status.size;
  } catch (error) {
    const reason = describeReadFailure(error);
    if (reason === 'no such file') return 'is missing';
    return reason.startsWith('cannot') ? reason : `is ${reason}`;
  }
}
