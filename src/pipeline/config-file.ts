// Files behind options: --config with options by name, and those with a table for one option. In YAML, of which JSON is a
// part.

import { readFile } from 'node:fs/promises';
import { describeNearest, FinetuneError } from '../errors.js';
import type { RawOptions } from '../options.js';
import { measureFile } from '../system/read-failure.js';

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
  const value = await readYamlFile(path, problem);
  if (value === undefined || value === null) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return { ...value };
  throw problem('it holds no options by name');
}

/**
 * Reads the file that an option names in place of one of its words.
 * @throws FinetuneError `bad-option` where there is none, or no YAML: perhaps a word was meant
 */
export async function readNamedFile(
  option: string,
  given: string,
  words: readonly string[],
): Promise<unknown> {
  return await readYamlFile(given, (reason, cause) => {
    const nearest = describeNearest(given, words);
    const expected = nearest.startsWith('Did') ? nearest : `Expected ${words.join(', ')}, or a file.`;
    return new FinetuneError('bad-option', `${option} ${given}: ${reason}. ${expected}`, { cause });
  });
}

/**
 * Reads a small file of YAML, of which JSON is a part.
 * @param problem makes the error of a reason
 * @returns its one value; undefined where there are only comments
 */
async function readYamlFile(
  path: string,
  problem: (reason: string, cause?: unknown) => FinetuneError,
): Promise<unknown> {
  const size = await measureFile(path);
  if (size === 'is missing') throw problem('there is no such file');
  if (typeof size === 'string') throw problem(`it ${size}`);
  if (size > largestBytes) throw problem(`${size} bytes are too many`);
  const text = (await readFile(path, 'utf8')).replace(byteOrderMark, '');
  const [value, ...others] = await parseYaml(text).catch((cause: Error) => {
    throw problem(`it is not YAML: ${cause.message}`, cause);
  });
  if (others.length > 0) throw problem('it holds several documents');
  return value;
}

/** @returns the documents of a text; none where there are only comments */
async function parseYaml(text: string): Promise<unknown[]> {
  // Most trainings have no such file.
  const { loadAll, YAMLException } = await import('js-yaml');
  try {
    return loadAll(text);
  } catch (error) {
    if (!(error instanceof YAMLException) || error.mark === undefined) throw error;
    throw new Error(`${error.reason} in line ${error.mark.line + 1}`, { cause: error });
  }
}
