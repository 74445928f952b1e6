// Names for a terminal. A file or a folder may be named anything, also what a terminal would take for a command.

/** A name without control characters: `?` stands for each. */
export function printable(name: string): string {
  return name.replace(/\p{C}/gu, '?');
}
