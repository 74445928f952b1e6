// Names and texts of other people for a terminal, a table, a page or JSON. A file, a class, a layer may be named anything,
// also what a terminal would take for a command, what turns the rest of a line around, or what looks like a line of ours.

/**
 * Control characters, line breaks, halves of characters, and what is there without being seen: marks that change the
 * direction of writing, above all. Joiners stay: Persian is written with them, and families are drawn.
 */
const unsafe = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** As long as a path can be. */
const longest = 4096;

/**
 * A name, or a text of one line, that is safe to print: `?` stands for each unsafe character, `…` for the middle of what
 * is longer than a path can be.
 */
export function printable(name: string): string {
  const shown = name.length <= longest ? name : `${name.slice(0, longest / 2)}…${name.slice(-longest / 4)}`;
  return shown.replace(unsafe, '?');
}

/** Text of any length, safe to print but for its line breaks, which are ours. */
export function printableLines(text: string): string {
  return text.replace(unsafe, character => (character === '\n' ? character : '?'));
}

/** JSON of one line in which unsafe characters are escaped; whoever reads it gets them back. */
export function renderJson(value: unknown): string {
  return JSON.stringify(value).replace(unsafe, character =>
    [...Array(character.length).keys()]
      .map(i => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

/**
 * A cell of comma-separated values, quoted as RFC 4180 has it. A spreadsheet would compute what begins like a formula:
 * an apostrophe goes before it.
 */
export function renderCell(text: string): string {
  const shown = printable(text).replace(/^[=+\-@](?=.)/s, "'$&");
  return /[",]/.test(shown) ? `"${shown.replaceAll('"', '""')}"` : shown;
}

/** A word of a command, safe to print, in quotes where a shell needs them. */
export function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${printable(word).replaceAll("'", "'\\''")}'`;
}
