// What a budget of time led to, in a line.

import type { TrainResult } from '../runs/save.js';
import type { Amounts } from '../system/time-budget.js';
import { renderDuration } from './duration.js';

/**
 * Renders what was planned and reached, and what was left out.
 * @returns a line without its break, or nothing where there was no budget
 * @example // It took 56.2 s, and was given 60 s. Planned: 3 views, 4 epochs; reached: 4 epochs. No time for: mirrored views.
 */
export function renderTime({ time, seconds }: Pick<TrainResult, 'time' | 'seconds'>): string {
  if (time === undefined) return '';
  const planned = renderAmounts(time.planned);
  const sentences = [
    `It took ${seconds.total.toFixed(1)} s, and was given ${renderDuration(time.seconds)}`,
    planned && `Planned: ${planned}; reached: ${renderAmounts(time.reached) || 'nothing'}`,
    time.leftOut.length > 0 && `No time for: ${time.leftOut.join(', ')}`,
  ];
  return sentences.flatMap(sentence => (sentence ? `${sentence}.` : [])).join(' ');
}

/** `3 views, 4 epochs` */
function renderAmounts(amounts: Amounts): string {
  return Object.entries(amounts)
    .map(([name, amount]) => `${amount} ${amount === 1 ? name.replace(/s$/, '') : name}`)
    .join(', ');
}
