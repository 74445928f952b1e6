// The JSON file behind --config.

import { readFile, stat } from 'node:fs/promises';
import { FinetuneError } from '../errors.js';

const largestBytes = 1024 * 1024;

/** @returns the options of the file, or none where no file is given */
export async function loadConfigFile(path: unknown): Promise<Readonly<Record<string, unknown>>> {
  if (typeof path !== 'string') return {};
  const problem = (reason: string, cause?: unknown) =>
    new FinetuneError('bad-option', `--config ${path}: ${reason}. Expected a JSON object of options.`, {
      cause,
    });
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) throw problem('there is no such file');
  if (found.size > largestBytes) throw problem(`${found.size} bytes are too many`);
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch (cause) {
    throw problem('it is not JSON', cause);
  }
  throw problem('it is no object');
}
