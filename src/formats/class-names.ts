// The names of a network's classes, as people keep them: a text file with a name per line, or a list.

import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { refuseOption } from '../errors.js';

const largestBytes = 1024 * 1024;

/** As Teachable Machine and TensorFlow's examples call it. */
const besideName = 'labels.txt';

/**
 * The names in a file `labels.txt` in a model's folder, or beside a model's file.
 * @returns undefined where there is no such file, or it holds no text
 */
export async function readLabelsBeside(
  path: string,
  isFolder: boolean,
): Promise<readonly string[] | undefined> {
  return await readLines(join(isFolder ? path : dirname(path), besideName));
}

/**
 * The names that a user gives: a file with a name per line, else a list with commas.
 * @throws FinetuneError `bad-option` where a name is empty or occurs twice
 */
export async function readClassNames(fileOrList: string): Promise<readonly string[]> {
  const names = (await readLines(fileOrList)) ?? fileOrList.split(',').map(name => name.trim());
  const seen = new Set<string>();
  const wrong = names.find(name => name === '' || seen.size === seen.add(name).size);
  if (wrong === undefined) return names;
  refuseOption(
    `--class-names ${fileOrList}: ${wrong === '' ? 'a name is empty' : `"${wrong}" occurs twice`}. ` +
      'Expected a name per class, in the order of the outputs: a file with one per line, or a list with commas.',
  );
}

async function readLines(path: string): Promise<readonly string[] | undefined> {
  const entry = await stat(path).catch(() => undefined);
  if (!entry?.isFile() || entry.size > largestBytes) return undefined;
  const text = decodeText(await readFile(path));
  const lines = text.split(/\r\n|\n|\r/).map(line => line.trim());
  return text.trim() === ''
    ? undefined
    : (namesInJson(text) ?? withoutNumbers(lines.filter(line => line !== '')));
}

/** UTF-8, or UTF-16 as Windows' editors write it. */
function decodeText(bytes: Buffer): string {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  return bytes.toString(isUtf16 ? 'utf16le' : 'utf8').replace(/^\uFEFF/, '');
}

/** `["a", "b"]`, or Keras' `class_indices`: `{"a": 0, "b": 1}`. */
function namesInJson(text: string): readonly string[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return value.map(String);
    if (typeof value !== 'object' || value === null) return undefined;
    const entries = Object.entries(value);
    const indices = new Set(entries.map(([, index]) => index));
    const isComplete = entries.every((_, i) => indices.has(i));
    return isComplete ? entries.sort((one, other) => one[1] - other[1]).map(([name]) => name) : undefined;
  } catch {
    return undefined;
  }
}

/** Teachable Machine writes `0 daisy`, `1 rose`. Numbers that are not the lines' own belong to the names. */
function withoutNumbers(lines: readonly string[]): readonly string[] {
  const isNumbered = lines.every((line, i) => line.startsWith(`${i} `));
  return isNumbered ? lines.map((line, i) => line.slice(`${i} `.length).trim()) : lines;
}
