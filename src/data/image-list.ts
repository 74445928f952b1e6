// Lists of images that are to be left out: a text file with a path a line, which people may edit.

import { open } from 'node:fs/promises';
import { FinetuneError, refuseOption } from '../errors.js';
import { printable, renderJson } from '../system/printable.js';
import { describeReadFailure } from '../system/read-failure.js';

/** First line of every list that is written, by which it is known again. */
export const listHeading = '# finetune: images to leave out';

/** An image of a list. */
export interface ListedImage {
  /** Relative to the data folder, with `/`. */
  readonly path: string;
  readonly reason: string;
  /** Written as a comment: whoever agrees removes the mark. */
  readonly isOptional?: boolean | undefined;
}

/** Millions of paths. */
const mostBytes = 256 * 2 ** 20;

/** Renders a list, with the reason above each run of images that share it. */
export function renderList(images: readonly ListedImage[]): string {
  const lines = [
    `${listHeading}. For finetune train --exclude.`,
    '# A path a line, relative to the data folder. Lines that begin with # count for nothing:',
    '# remove lines to keep images, remove # to leave more of them out.',
  ];
  let last: string | undefined;
  for (const { path, reason, isOptional = false } of images) {
    if (reason !== last) lines.push('', `# ${reason}`);
    last = reason;
    lines.push(`${isOptional ? '#' : ''}${writePath(path)}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Names that would be read as something else stand in quotes, as in JSON. */
function writePath(path: string): string {
  return /^[#"\s]|\s$|\\/.test(path) || path !== printable(path) ? renderJson(path) : path;
}

/**
 * Reads a list.
 * @returns the paths in it
 * @throws FinetuneError `bad-option` where it is not there, too large, or holds a line that is no path
 */
export async function readList(file: string): Promise<ReadonlySet<string>> {
  const text = await readText(file);
  const paths = text
    .replace(/^\uFEFF/, '')
    .split(/\r\n?|\n/)
    .map((line, i) => readLine(line.trim(), `${file}, line ${i + 1}`));
  return new Set(paths.flatMap(path => path ?? []));
}

function readLine(line: string, where: string): string | undefined {
  if (line === '' || line.startsWith('#')) return undefined;
  if (line.startsWith('"')) return readQuoted(line, where);
  // As Windows and people write them.
  return line.replaceAll('\\', '/').replace(/^(\.\/)+/, '');
}

function readQuoted(line: string, where: string): string {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'string') return value;
  } catch {
    // Said below.
  }
  refuseOption(
    `${where}: a line that begins with a quote is a path as JSON has it. Received: ${line.slice(0, 80)}`,
  );
}

async function readText(path: string): Promise<string> {
  const refuse = (reason: string, cause?: unknown) =>
    new FinetuneError(
      'bad-option',
      `--exclude ${path}: ${reason}. Expected a text file with the path of an image a line, such as ` +
        '`finetune inspect --write-list FILE` writes.',
      { cause },
    );
  const file = await open(path).catch((cause: unknown) => {
    throw refuse(describeReadFailure(cause), cause);
  });
  try {
    const status = await file.stat();
    if (!status.isFile()) throw refuse('not a file');
    if (status.size > mostBytes) throw refuse(`${status.size} bytes are too many`);
    const bytes = await file.readFile();
    if (bytes.includes(0)) throw refuse('not a text');
    return bytes.toString('utf8');
  } finally {
    await file.close();
  }
}

/** A warning about entries of a list that name no image of the folder. */
export function describeUnknown(
  list: ReadonlySet<string>,
  known: ReadonlySet<string>,
  file: string,
): string[] {
  const unknown = [...list].filter(path => !known.has(path));
  if (unknown.length === 0) return [];
  return [
    `--exclude ${file} names ${unknown.length === 1 ? '1 file that is' : `${unknown.length} files that are`} not in the data folder, ` +
      `e.g. ${unknown[0]}. Expected paths relative to that folder, such as CLASS/IMAGE.jpg.`,
  ];
}
