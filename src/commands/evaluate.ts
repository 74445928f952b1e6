// finetune evaluate: metrics as tables or JSON, and a gate for CI jobs.

import { evaluateOptions, resolveOptions } from '../options.js';
import { type Evaluation, evaluate } from '../pipeline/evaluate.js';
import { renderMetrics } from '../report/metrics.js';
import { showEventsOn } from '../report/terminal.js';
import type { Command } from './registry.js';

export const command: Command = {
  options: evaluateOptions,
  examples: [
    ['evaluate --data ./more-pets', 'the newest run on other photos'],
    ['evaluate --model runs/pets --data ./more-pets --min-accuracy 0.9', 'exit 1 below 90 %'],
  ],
  async run(flags) {
    const options = resolveOptions(evaluateOptions, flags);
    const evaluation = await evaluate(options, showEventsOn(process.stderr));
    process.stdout.write(
      options.json ? `${JSON.stringify(evaluation)}\n` : `${renderMetrics(evaluation.metrics)}\n`,
    );
    showSeen(evaluation);
    return passGate(evaluation, options.minAccuracy);
  },
};

function showSeen({ seenInTraining, images, unseen }: Evaluation): void {
  if (seenInTraining === 0) return;
  const others = unseen
    ? ` On the other ${images - seenInTraining} the accuracy is ${unseen.accuracy.toFixed(4)}.`
    : '';
  process.stderr.write(
    `Warning: ${seenInTraining} of these ${images} images were trained on, so the accuracy flatters.${others}\n`,
  );
}

function passGate({ run, metrics }: Evaluation, minimum: number | undefined): number {
  if (minimum !== undefined && metrics.accuracy < minimum) {
    process.stderr.write(`Accuracy ${metrics.accuracy.toFixed(4)} is below --min-accuracy ${minimum}.\n`);
    return 1;
  }
  process.stderr.write(`Next: finetune predict IMAGE --model ${run}\n`);
  return 0;
}
