// Where the processors' time went in a training, step by step.

import { renderTable } from './table.js';

/** Steps that are not about single images. */
const notPerImage: ReadonlySet<string> = new Set(['start', 'head', 'other']);

/**
 * Renders seconds of processor time by step as a table, and their sum; per image where images went through the base.
 * @param profile seconds that processors worked, all threads together
 * @param computed images that went through the base
 * @returns several lines, no line break at the end
 */
export function renderProfile(profile: Readonly<Record<string, number>>, computed: number): string {
  const perImage = (step: string, seconds: number) =>
    computed > 0 && !notPerImage.has(step) ? ((1000 * seconds) / computed).toFixed(2) : '';
  const rows = Object.entries(profile).map(([step, seconds]) => [
    step,
    seconds.toFixed(2),
    perImage(step, seconds),
  ]);
  const sum = Object.values(profile).reduce((total, seconds) => total + seconds, 0);
  const head = ['step', 'processor seconds', 'ms per image'];
  return renderTable(head, [...rows, ['sum', sum.toFixed(2), '']], ['left', 'right', 'right']);
}
