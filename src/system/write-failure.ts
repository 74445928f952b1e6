// Why something could not be written, in plain words.

import { messageOf } from '../errors.js';

const reasonOfCode: ReadonlyMap<unknown, string> = new Map([
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the disk quota is used up'],
  ['EFBIG', 'a file may not become larger'],
  ['EACCES', 'no permission to write there'],
  ['EPERM', 'no permission to write there'],
  ['EROFS', 'the file system is read-only'],
  ['ENOTDIR', 'a part of the path is a file'],
  ['EEXIST', 'a part of the path is a file'],
  ['EMFILE', 'too many files are open'],
]);

/** The reason, e.g. `the disk is full`; what is not known keeps its own message. */
export function describeWriteFailure(error: unknown): string {
  return reasonOfCode.get(codeOf(error)) ?? messageOf(error);
}

/** The operating system's name of an error, e.g. `ENOSPC`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
