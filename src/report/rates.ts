// What a test of learning rates has found: losses as bars, and the training that comes next.

import { flagOf, type RawOptions } from '../options.js';
import { quoteWord } from '../system/printable.js';
import type { RateRange } from '../training/rate-range.js';
import { renderTable } from './table.js';
import { wrap } from './wrap.js';

const rows = 16;
const barWidth = 40;

/**
 * Renders some of the rates that were tried with their losses, and what is suggested.
 * @returns lines of at most 80 columns, each with its break
 */
export function renderRates({ points, suggested, usual }: RateRange): string {
  const nearest = points.reduce((best, { learningRate }, i) => {
    const distance = (rate = 0) => Math.abs(Math.log(rate / (suggested ?? 0)));
    return distance(learningRate) < distance(points[best]?.learningRate) ? i : best;
  }, 0);
  const every = Math.max(1, Math.ceil(points.length / rows));
  const shown = points.filter((_, i) => i % every === nearest % every);
  // What diverges would make all others look alike.
  const most = 1.25 * (points[0]?.smoothed ?? 0);
  const table = renderTable(
    ['rate', 'loss', ''],
    shown.map(point => [
      point.learningRate.toExponential(1),
      point.smoothed.toFixed(4),
      '█'.repeat(Math.round(Math.min(1, point.smoothed / most) * barWidth)) +
        (suggested !== undefined && point === points[nearest] ? ' suggested' : ''),
    ]),
    ['right', 'right', 'left'],
  );
  const found =
    suggested === undefined
      ? `The loss falls at no rate by more than chance: nothing is suggested. Unasked, train takes ${usual}.`
      : `Suggested learning rate: ${suggested}, a tenth of that at which the loss is least (fastai's rule "minimum"); unasked, ` +
        `train takes ${usual}. Losses are means that follow slowly.`;
  return `${table}\n\n${wrap(found)}\n`;
}

/**
 * The command that trains with a rate.
 * @param typed options of the test by name, as they were typed
 * @param rate absent: whatever training takes unasked
 */
export function renderTrainCommand({ data, ...typed }: RawOptions, rate: number | undefined): string {
  const options = Object.entries({ ...typed, learningRate: rate }).filter(([, value]) => value !== undefined);
  const words = options.flatMap(([name, value]) => [flagOf(name), quoteWord([value].flat().join())]);
  return ['finetune train', quoteWord(String(data)), ...words].join(' ');
}
