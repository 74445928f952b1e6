// finetune train: progress on stderr, the result on stdout.

import { relative } from 'node:path';
import { flag } from '../option-kinds.js';
import { trainOptions } from '../pipeline/train/options.js';
import { train } from '../pipeline/train.js';
import { renderCrossValidation } from '../report/cross-validation.js';
import { renderMetrics } from '../report/metrics.js';
import { renderProfile } from '../report/profile.js';
import { renderSuggestion } from '../report/suggestion.js';
import { renderTime } from '../report/time.js';
import { wrap } from '../report/wrap.js';
import type { TrainResult } from '../runs/save.js';
import { quoteWord, renderJson } from '../system/printable.js';
import type { Command } from './command.js';
import { dealOut, json } from './flags.js';

const profile = flag('Print where the time went: read, decode, preprocess, base, store, head');

/** Trains a classifier. */
export const command: Command = {
  options: { ...trainOptions, profile, json },
  positional: 'data',
  examples: [
    ['train ./pets', 'a new head on VGG16, or on the backbone that comes with finetune'],
    ['train ./pets --backbone efficientnet-lite0', 'no preparation needed: comes with finetune'],
    ['train ./mnist --backbone convnet', 'a small network from scratch'],
    ['train ./pets --hidden 256 --epochs 30', 'a hidden layer, trained by epochs'],
  ],
  async run(given, program) {
    const [options, printing] = dealOut(given, trainOptions, { profile, json });
    const result = await train(options, program.callbacks);
    await program.print(printing.json ? `${renderJson(result)}\n` : renderResult(result));
    program.say(renderMeans(result));
    program.say(renderAdvice(result, options.engine));
    if (printing.profile) program.say(`${renderProfile(result.profile, result.computed)}\n`);
    const run = relative('', result.run);
    program.say(renderSuggestion(result, run));
    program.say(`Next: finetune predict IMAGE --model ${quoteWord(run)}\n`);
    return 0;
  },
};

function renderResult(result: TrainResult): string {
  const { run, val, test, crossValidation, trainImages, head, seconds } = result;
  const measured = test ?? val ?? crossValidation?.metrics;
  const scores = [
    val && `validation accuracy ${val.accuracy.toFixed(4)}`,
    test && `test accuracy ${test.accuracy.toFixed(4)}`,
  ];
  return [
    measured === undefined ? '' : `${renderMetrics(measured)}\n\n`,
    wrap(`Trained on ${trainImages} images with ${head.description}.\n`),
    wrap(`${[`Saved ${relative('', run)}`, ...scores.filter(Boolean)].join(', ')}.\n`),
    wrap(endLine(renderCrossValidation(result))),
    wrap(`${seconds.total.toFixed(1)} s in all; ${describeSources(result)}.\n`),
    wrap(endLine(renderTime(result))),
  ].join('');
}

function endLine(line: string): string {
  return line === '' ? '' : `${line}\n`;
}

/** Where the features came from. */
function describeSources({ computed, images, backbone }: TrainResult): string {
  if (backbone === undefined) return `all ${images} images were read`;
  if (computed >= images) return `all ${images} images went through the base`;
  if (computed === 0) return `the features of all ${images} images came from the store`;
  return `${computed} of ${images} images went through the base, features of the others came from the store`;
}

/** TensorFlow trains a head at least twice as fast. */
const worthInstallingSeconds = 6;

/** Another engine is worth a word only where it would have saved seconds. */
function renderAdvice({ engine, seconds }: TrainResult, asked: string | undefined): string {
  const { head = 0 } = seconds;
  if (engine.name !== 'wasm' || asked === 'wasm' || head < worthInstallingSeconds) return '';
  return wrap(
    `The head took ${head.toFixed(1)} s on the wasm engine: \`finetune setup\` installs TensorFlow, ` +
      'which trains it faster.\n',
  );
}

/** Says with what base and head were computed, and how the int8 model here and the fp32 one of browsers compare. */
function renderMeans({ engine, precision, agreement, backbone }: TrainResult): string {
  if (backbone === undefined) return wrap(`${engine.description}\n`);
  const means = `${engine.description}\nBase in ${precision.name}: ${precision.reason}.\n`;
  if (agreement === undefined) return wrap(means);
  const { images, same, largestDifference } = agreement;
  return wrap(
    `${means}The fp32 model for browsers predicts ${same} of ${images} validation images alike; ` +
      `confidences differ by ${(100 * largestDifference).toFixed(2)} % at most.\n`,
  );
}
