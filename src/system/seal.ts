// Files that tell whether they are as they were written: a hash of what they hold stands in them.

import { createHash } from 'node:crypto';

/** An object with its seal: sha-256, hex, over its JSON and over the bytes that go with it. */
export type Sealed<Value extends object> = Value & { readonly seal: string };

/** @param companions bytes of other files that are sealed with it */
export function seal<Value extends object>(
  value: Value,
  companions: readonly Uint8Array[] = [],
): Sealed<Value> {
  return { ...value, seal: hashOf(JSON.stringify(value), ...companions) };
}

/**
 * Whether what was read is what was sealed: the layout of the text does not matter.
 * @returns true also where there is no seal, as in files of older versions
 */
export function isAsSealed(read: object, companions: readonly Uint8Array[] = []): boolean {
  const { seal: found, ...value } = read as { readonly seal?: unknown };
  return found === undefined || found === hashOf(JSON.stringify(value), ...companions);
}

const sealWords = 'sha-256 of all above: ';

/**
 * A text with a last line that tells the hash of those above.
 * @param comment makes a line that counts for nothing in such a file
 */
export function sealText(text: string, comment: (words: string) => string): string {
  const lines = text.endsWith('\n') ? text : `${text}\n`;
  return `${lines}${comment(`${sealWords}${hashOf(lines)}`)}\n`;
}

/** @returns true also where there is no seal, as in files of older versions */
export function isTextAsSealed(read: string): boolean {
  const at = read.indexOf(sealWords);
  if (at === -1) return true;
  const lines = read.slice(0, read.lastIndexOf('\n', at) + 1);
  const [last = '', ...more] = read.slice(lines.length).split('\n');
  return last.includes(`${sealWords}${hashOf(lines)}`) && more.join('') === '';
}

function hashOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}
