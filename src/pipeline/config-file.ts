// The JSON file behind --config.

import { readFile, stat } from 'node:fs/promises';
import { FinetuneError } from '../errors.js';

const largestBytes = 1024 * 1024;

/** Editors on Windows begin files with it. */
const byteOrderMark = /^\uFEFF/;

/** @returns the options of the file, or none where no file is given */
export async function loadConfigFile(path: unknown): Promise<Readonly<Record<string, unknown>>> {
  if (path === undefined) return {};
  const problem = (reason: string, cause?: unknown) =>
    new FinetuneError('bad-option', `--config ${path}: ${reason}. Expected a JSON object of options.`, {
      cause,
    });
  if (typeof path !== 'string') throw problem('one file is enough');
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) throw problem('there is no such file');
  if (found.size > largestBytes) throw problem(`${found.size} bytes are too many`);
  try {
    const value: unknown = JSON.parse((await readFile(path, 'utf8')).replace(byteOrderMark, ''));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch (cause) {
    throw problem('it is not JSON', cause);
  }
  throw problem('it is no object');
}
