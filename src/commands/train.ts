// finetune train: progress on stderr, the result on stdout.

import { relative } from 'node:path';
import { resolveOptions, trainOptions } from '../options.js';
import { train } from '../pipeline/train.js';
import { renderMetrics } from '../report/metrics.js';
import { renderProfile } from '../report/profile.js';
import { showEventsOn } from '../report/terminal.js';
import type { TrainResult } from '../runs/save.js';
import { loadConfigFile } from './config-file.js';
import type { Command } from './registry.js';

export const command: Command = {
  options: trainOptions,
  examples: [
    ['train --data ./pets', 'a new head on VGG16'],
    ['train --data ./pets --backbone efficientnet-lite0', 'no preparation needed: comes with finetune'],
    ['train --data ./pets --hidden 256 --epochs 30', 'a hidden layer, trained by epochs'],
  ],
  async run(flags) {
    const options = resolveOptions(trainOptions, flags, await loadConfigFile(flags.config));
    const result = await train(options, showEventsOn(process.stderr));
    process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : renderResult(result));
    process.stderr.write(renderMeans(result));
    if (options.profile) process.stderr.write(`${renderProfile(result.profile, result.computed)}\n`);
    process.stderr.write(`Next: finetune predict IMAGE --model ${relative('', result.run)}\n`);
    return 0;
  },
};

function renderResult(result: TrainResult): string {
  const { run, val, test, trainImages, head, seconds, computed, images } = result;
  const judged = test ?? val;
  const table = judged === undefined ? '' : `${renderMetrics(judged)}\n\n`;
  const scores = [
    val && `validation accuracy ${val.accuracy.toFixed(4)}`,
    test && `test accuracy ${test.accuracy.toFixed(4)}`,
  ];
  return [
    table,
    `Trained on ${trainImages} images with ${head.description}.\n`,
    `${[`Saved ${relative('', run)}`, ...scores.filter(Boolean)].join(', ')}.\n`,
    `${seconds.total!.toFixed(1)} s in all; ${computed} of ${images} images went through the base, the others came from the store.\n`,
  ].join('');
}

/** With what the base and the head were computed, and how the int8 model here and the fp32 one of browsers compare. */
function renderMeans({ engine, precision, agreement }: TrainResult): string {
  const means = `${engine.description}\nBase in ${precision.name}: ${precision.reason}.\n`;
  if (agreement === undefined) return means;
  const { images, same, largestDifference } = agreement;
  return (
    `${means}The fp32 model for browsers answers ${same} of ${images} validation images alike; ` +
    `confidences differ by ${(100 * largestDifference).toFixed(2)} % at most.\n`
  );
}
