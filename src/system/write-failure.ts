// Why something could not be written, in plain words, and what mends it.

import { FinetuneError, messageOf } from '../errors.js';

/** What the machine refuses. */
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
  ['ENAMETOOLONG', 'the name is too long'],
  ['ELOOP', 'a part of the path is a link to itself'],
  ['EIO', 'the disk reports an error'],
]);

/** The reason, e.g. `the disk is full`; what is not known keeps its own message. */
export function describeWriteFailure(error: unknown): string {
  return reasonOfCode.get(codeOf(error)) ?? messageOf(error);
}

/** The operating system's name of an error, e.g. `ENOSPC`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

const remedyOfCode: ReadonlyMap<unknown, string> = new Map([
  ['EFBIG', 'Raise the limit (ulimit -f)'],
  ['EACCES', 'Mend the permissions'],
  ['EPERM', 'Mend the permissions'],
  ['EMFILE', 'Raise the limit (ulimit -n)'],
  ['ENAMETOOLONG', 'Take a shorter name'],
  ['ELOOP', 'Mend that link'],
]);

/**
 * Explains what went wrong while something was written.
 * @param path a file, a folder, or what else a user calls it
 * @param option what chooses another place, e.g. `--out`
 * @returns FinetuneError `not-written` for what the machine refuses; any other error as it is
 */
export function explainWriteFailure(path: string, error: unknown, option?: string): unknown {
  const code = codeOf(error);
  if (error instanceof FinetuneError || !reasonOfCode.has(code)) return error;
  const remedy = remedyOfCode.get(code) ?? 'Make room there';
  const means = option === undefined ? '' : ` with ${option}`;
  return new FinetuneError(
    'not-written',
    `${path} cannot be written: ${describeWriteFailure(error)} (${code}). ${remedy}, or choose another place${means}.`,
    { cause: error },
  );
}
