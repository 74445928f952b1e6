// Names of files and folders: in which order people expect them, and as which bytes the system has them.

const collator = new Intl.Collator('en', { numeric: true });

/** Compares names for sorting: `img2` before `img10`. Never 0 for different names. */
export function byNature(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : Number(a > b));
}

/** A byte that is no UTF-8 stands in a string as this plus its value, a surrogate that no text holds. */
const foreignByte = 0xdc00;

/** Such a character; with `u`, those that are half of another one do not match. */
const foreign = /[\udc80-\udcff]/u;

/**
 * A name as a string. Linux takes any bytes as a name, and old archives hold some that are no UTF-8: those keep their value,
 * as in Python (PEP 383).
 */
export function nameOfBytes(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (!text.includes('\ufffd')) return text;
  let name = '';
  for (let at = 0; at < bytes.length; ) {
    const first = bytes.readUInt8(at);
    const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    const character = bytes.toString('utf8', at, at + length);
    const isForeign = character.includes('\ufffd');
    name += isForeign ? String.fromCharCode(foreignByte + first) : character;
    at += isForeign ? 1 : length;
  }
  return name;
}

/** A path as the system takes it: the string itself, or bytes where a name in it is no UTF-8. */
export function systemPath(path: string): string | Buffer {
  if (!foreign.test(path)) return path;
  const parts = Array.from(path, character =>
    foreign.test(character) ? Buffer.from([character.charCodeAt(0) - foreignByte]) : Buffer.from(character),
  );
  return Buffer.concat(parts);
}

/**
 * How two names differ that look alike: in a way that people do not see, or that some systems do not keep.
 * @returns undefined where they are the same, or plainly different
 */
export function describeLikeness(one: string, other: string): string | undefined {
  if (one === other || likenessOf(one) !== likenessOf(other)) return undefined;
  const ways = [
    [(name: string) => name.normalize('NFC'), 'in how accents are stored'],
    [(name: string) => name.trim().replace(/\s+/g, ' '), 'in spaces'],
    [(name: string) => name.toLowerCase(), 'in case'],
    [(name: string) => name.replace(unseen, ''), 'in characters that cannot be seen'],
  ] as const;
  const single = ways.find(([same]) => same(one) === same(other));
  const what = single?.[1] ?? 'in case, spaces or how accents are stored';
  return what === ways[0][1] || what === ways[3][1] ? `${what} (${codesOf(one)}; ${codesOf(other)})` : what;
}

/** Soft hyphens, spaces of no width, marks of direction: they come along when a name is copied from a page. */
const unseen = /\p{Default_Ignorable_Code_Point}/gu;

/** The same for names that look alike. */
export function likenessOf(name: string): string {
  return name.normalize('NFKC').replace(unseen, '').trim().replace(/\s+/g, ' ').toLowerCase();
}

/** The characters beyond ASCII, by their numbers in Unicode, each with the one before it. */
function codesOf(name: string): string {
  const characters = [...name];
  const marked = characters.filter(
    (each, i) => each > '\x7f' || (/\p{Mark}/u.test(characters[i + 1] ?? '') && each !== ' '),
  );
  return marked
    .map(each => `U+${(each.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`)
    .join(' ');
}
