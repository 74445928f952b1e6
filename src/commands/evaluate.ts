// finetune evaluate: metrics as tables or JSON, and a gate for CI jobs.

import { type Evaluation, evaluate, evaluateOptions, type Gate } from '../pipeline/evaluate.js';
import { renderMetrics } from '../report/metrics.js';
import { wrap } from '../report/wrap.js';
import { quoteWord, renderJson } from '../system/printable.js';
import type { Command } from './command.js';
import { dealOut, json } from './flags.js';

/** What a shell sees of a run that is not accurate enough: it is neither a typing mistake (1) nor a bug (2). */
const gateFailed = 3;

/** Measures a run. */
export const command: Command = {
  options: { ...evaluateOptions, json },
  positional: 'data',
  examples: [
    ['evaluate --data ./more-pets', 'the newest run on other photos'],
    ['evaluate --model runs/pets --data ./more-pets --min-accuracy 0.9', `exit ${gateFailed} below 90 %`],
  ],
  async run(given, program) {
    const [options, printing] = dealOut(given, evaluateOptions, { json });
    const evaluation = await evaluate(options, program.callbacks);
    const { metrics, gate, run } = evaluation;
    await program.print(printing.json ? `${renderJson(evaluation)}\n` : `${renderMetrics(metrics)}\n`);
    program.say(wrap(`Predicted in ${evaluation.precision} on ${evaluation.device}.\n`));
    program.say(renderSeen(evaluation));
    program.say(gate === undefined ? '' : renderGate(gate, evaluation));
    program.say(gate?.passed === false ? '' : `Next: finetune predict IMAGE --model ${quoteWord(run)}\n`);
    return gate?.passed === false ? gateFailed : 0;
  },
};

function renderSeen({ seenInTraining, images, unseen }: Evaluation): string {
  if (seenInTraining === 0) return '';
  const others = unseen
    ? ` On the other ${images - seenInTraining} it is ${unseen.accuracy.toFixed(4)}.`
    : '';
  return wrap(
    `Warning: the run has seen ${seenInTraining} of these ${images} images in training, ` +
      `which makes the accuracy look better than it is.${others}\n`,
  );
}

function renderGate({ passed, minAccuracy, images, accuracy }: Gate, { crossValidated }: Evaluation): string {
  if (accuracy === undefined) {
    return (
      'The gate fails: there is no image here that the run has not seen in training.\n' +
      'Give other images with --data, or count all with --include-training-images.\n' +
      (crossValidated === undefined ? '' : `Its cross-validated accuracy is ${crossValidated.toFixed(4)}.\n`)
    );
  }
  const verdict = passed ? 'is not below' : 'is below';
  return `Gate: accuracy ${accuracy.toFixed(4)} on ${images} images ${verdict} --min-accuracy ${minAccuracy}.\n`;
}
