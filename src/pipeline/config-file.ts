// The file behind --config: options by name, in YAML, of which JSON is a part.

import { readFile, stat } from 'node:fs/promises';
import { FinetuneError, messageOf } from '../errors.js';
import type { RawOptions } from '../options.js';

const largestBytes = 1024 * 1024;

/** Editors on Windows begin files with it. */
const byteOrderMark = /^\uFEFF/;

/**
 * Reads a config file.
 * @returns the options of the file, or none where no file is given
 * @throws FinetuneError `bad-option` where it is not there, too large, or no YAML with options by name
 */
export async function loadConfigFile(path: unknown): Promise<RawOptions> {
  if (path === undefined) return {};
  const problem = (reason: string, cause?: unknown) =>
    new FinetuneError(
      'bad-option',
      `--config ${path}: ${reason}. Expected options by name in YAML or JSON, e.g. a line "backbone: vgg16".`,
      { cause },
    );
  if (typeof path !== 'string') throw problem('one file is enough');
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) throw problem('there is no such file');
  if (found.size > largestBytes) throw problem(`${found.size} bytes are too many`);
  const text = (await readFile(path, 'utf8')).replace(byteOrderMark, '');
  // Most trainings have no such file.
  const { parse } = await import('yaml');
  try {
    const value: unknown = parse(text, { logLevel: 'error' });
    if (value === null) return {};
    if (typeof value === 'object' && !Array.isArray(value)) return { ...value };
  } catch (cause) {
    throw problem(`it is not YAML: ${messageOf(cause).split('\n')[0]?.replace(/[.:]$/, '')}`, cause);
  }
  throw problem('it holds no options by name');
}
