// What a file is that ought to be something else: people meet a web page, a Git LFS pointer or an empty file where
// they expect a model, and need to hear which it is.

const signatures: readonly (readonly [pattern: RegExp, kind: string])[] = [
  [
    /^version https:\/\/git-lfs\.github\.com\//,
    'a Git LFS pointer (the file itself is fetched by `git lfs pull`)',
  ],
  [
    /^(\xef\xbb\xbf)?\s*(<!doctype html|<html|<head|<body)/i,
    'a web page (HTML): a server sent it in place of the file',
  ],
  [/^(\xef\xbb\xbf)?\s*<\?xml/i, 'an XML text: a server sent it in place of the file'],
];

/** Text of some length: numbers in single precision never look so. */
export function isText(head: Uint8Array): boolean {
  return (
    head.length >= 64 && head.every(byte => (byte >= 0x20 && byte < 0x7f) || (byte >= 0x09 && byte <= 0x0d))
  );
}

/**
 * Names what a file is by its first bytes, where it is one of the usual things that lie in another's place.
 * @param head the first 512 bytes, or what there is
 * @returns e.g. `a Git LFS pointer ...`; undefined for anything else, right or wrong
 */
export function foreignKind(head: Uint8Array): string | undefined {
  const text = Buffer.from(head).toString('latin1');
  return signatures.find(([pattern]) => pattern.test(text))?.[1];
}
