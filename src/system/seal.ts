// A JSON file that tells whether it is as it was written: a hash of its values stands in it.

import { createHash } from 'node:crypto';

/** An object with its seal: sha-256, hex, over its JSON and over the bytes that go with it. */
export type Sealed<Value extends object> = Value & { readonly seal: string };

/** @param companions bytes of other files that are sealed with it */
export function seal<Value extends object>(
  value: Value,
  companions: readonly Uint8Array[] = [],
): Sealed<Value> {
  return { ...value, seal: hashOf(value, companions) };
}

/**
 * Whether what was read is what was sealed: the layout of the text does not matter.
 * @returns true also where there is no seal, as in files of older versions
 */
export function isAsSealed(read: object, companions: readonly Uint8Array[] = []): boolean {
  const { seal: found, ...value } = read as { readonly seal?: unknown };
  return found === undefined || found === hashOf(value, companions);
}

function hashOf(value: object, companions: readonly Uint8Array[]): string {
  const hash = createHash('sha256').update(JSON.stringify(value));
  for (const bytes of companions) hash.update(bytes);
  return hash.digest('hex');
}
