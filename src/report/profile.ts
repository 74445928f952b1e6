// Where the time of a training went, step by step.

import { renderTable } from './table.js';

/**
 * Renders seconds by step as a table: the sum, and per image where images went through the base.
 * @param profile seconds, summed over threads
 * @param computed images that went through the base
 * @returns several lines, no line break at the end
 */
export function renderProfile(profile: Readonly<Record<string, number>>, computed: number): string {
  const rows = Object.entries(profile).map(([step, seconds]) => [
    step,
    seconds.toFixed(2),
    computed > 0 && step !== 'head' ? ((1000 * seconds) / computed).toFixed(2) : '',
  ]);
  const head = ['step', 'seconds of all threads', 'ms per image'];
  return renderTable(head, rows, ['left', 'right', 'right']);
}
