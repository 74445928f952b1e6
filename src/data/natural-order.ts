// The order that people expect of names, the same on every machine.

const collator = new Intl.Collator('en', { numeric: true });

/** Compares names for sorting: `img2` before `img10`. Never 0 for different names. */
export function byNature(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : Number(a > b));
}
