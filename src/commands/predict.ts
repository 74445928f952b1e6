// finetune predict: a line or an object per image.

import { refuseOption } from '../errors.js';
import { flag } from '../option-kinds.js';
import { type Prediction, predict, predictOptions } from '../pipeline/predict.js';
import { printable, renderCell, renderJson } from '../system/printable.js';
import type { Command } from './command.js';
import { dealOut } from './flags.js';

const printingOptions = {
  json: flag('One JSON object a line: file, label, confidence, top'),
  csv: flag('Comma-separated values with a header line, for people: --json has names to the letter'),
};

type Printing = { readonly json: boolean; readonly csv: boolean };

/** Says what is on photos. */
export const command: Command = {
  options: { ...predictOptions, ...printingOptions },
  positional: 'images',
  examples: [
    ['predict dog.jpg', 'with the newest run'],
    ['predict photos/ --top 3 --json', 'every image of a folder, an object a line'],
    ['predict dog.jpg --backbone efficientnet-lite0', 'one of the 1000 ImageNet classes'],
  ],
  async run(given, program) {
    const [options, printing] = dealOut(given, predictOptions, printingOptions);
    validate(printing, options.top);
    let unreadable = 0;
    let isRead = printing.csv ? await program.print('file,label,confidence,error\n') : true;
    for await (const prediction of predict(options, program.callbacks)) {
      if (prediction.error !== undefined) {
        unreadable += 1;
        program.say(`${printable(prediction.file)}: ${printable(prediction.error)}\n`);
      }
      isRead = await program.print(render(prediction, printing));
      if (!isRead) break;
    }
    return unreadable === 0 || !isRead ? 0 : 1;
  },
};

function validate({ json, csv }: Printing, top: number | undefined): void {
  if (json && csv) refuseOption('--json and --csv exclude each other: choose one.');
  if (!csv || top === undefined) return;
  refuseOption('--csv has one class per image: leave out --top, or say --json.');
}

function render(prediction: Prediction, { json, csv }: Printing): string {
  if (json) return `${renderJson(prediction)}\n`;
  return csv ? `${renderCsv(prediction)}\n` : renderText(prediction);
}

/** Nothing for an image that stderr tells of. */
function renderText(prediction: Prediction): string {
  if (prediction.error !== undefined) return '';
  const { file, label, confidence, top } = prediction;
  const others = top.slice(1).map(each => `${printable(each.label)} ${percent(each.confidence)}`);
  return `${[`${printable(file)}: ${printable(label)} (${percent(confidence)})`, ...others].join(', ')}\n`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)}%`;
}

function renderCsv(prediction: Prediction): string {
  const cells =
    prediction.error !== undefined
      ? [prediction.file, '', '', prediction.error]
      : [prediction.file, prediction.label, prediction.confidence.toFixed(6), ''];
  return cells.map(renderCell).join(',');
}
