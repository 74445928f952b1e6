// finetune predict: a line or an object per image.

import { FinetuneError } from '../errors.js';
import { predictOptions, resolveOptions } from '../options.js';
import { type Prediction, predict } from '../pipeline/predict.js';
import { printable } from '../report/printable.js';
import type { Command } from './registry.js';

export const command: Command = {
  options: predictOptions,
  examples: [
    ['predict dog.jpg', 'with the newest run'],
    ['predict photos/ --top 3 --json', 'every image of a folder, an object a line'],
    ['predict dog.jpg --backbone efficientnet-lite0', 'one of the 1000 ImageNet classes'],
  ],
  async run(flags, images) {
    const options = resolveOptions(predictOptions, flags);
    if (options.json && options.csv) {
      throw new FinetuneError('bad-option', '--json and --csv exclude each other: choose one.');
    }
    const render = options.json ? JSON.stringify : options.csv ? renderCsv : renderText;
    if (options.csv) process.stdout.write('file,label,confidence,error\n');
    let unreadable = 0;
    for await (const prediction of predict({ ...options, images })) {
      if ('error' in prediction) {
        unreadable += 1;
        process.stderr.write(`${printable(prediction.file)}: ${prediction.error}\n`);
        if (!options.json && !options.csv) continue;
      }
      process.stdout.write(`${render(prediction)}\n`);
    }
    return unreadable === 0 ? 0 : 1;
  },
};

function renderText(prediction: Prediction): string {
  if ('error' in prediction) return '';
  const [best, ...rest] = prediction.top;
  const others = rest.map(({ label, confidence }) => `${printable(label)} ${percent(confidence)}`).join(', ');
  return `${printable(prediction.file)}: ${printable(best!.label)} (${percent(best!.confidence)})${others ? `, ${others}` : ''}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)}%`;
}

function renderCsv(prediction: Prediction): string {
  const cells =
    'error' in prediction
      ? [prediction.file, '', '', prediction.error]
      : [prediction.file, prediction.label, prediction.confidence.toFixed(6), ''];
  return cells.map(quoteCell).join(',');
}

/** RFC 4180. */
function quoteCell(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
