// finetune lr-find: the loss by learning rate on stdout, or one JSON value; ends with the training to run.

import { lrFind, lrFindOptions } from '../pipeline/lr-find.js';
import { renderRates, renderTrainCommand } from '../report/rates.js';
import { renderJson } from '../system/printable.js';
import type { Command } from './command.js';
import { dealOut, json } from './flags.js';

/** Finds a learning rate. */
export const command: Command = {
  options: { ...lrFindOptions, json },
  positional: 'data',
  examples: [
    ['lr-find ./pets --recipe fine-tune', 'for the topmost blocks of the backbone'],
    ['lr-find ./pets --hidden 256', 'for a head with a hidden layer'],
    ['lr-find ./mnist --backbone convnet', 'for a network from scratch'],
  ],
  async run(given, program) {
    const [options, printing] = dealOut(given, lrFindOptions, { json });
    const result = await lrFind(options, program.callbacks);
    await program.print(printing.json ? `${renderJson(result)}\n` : renderRates(result));
    program.say(`Next: ${renderTrainCommand({ ...options }, result.suggested)}\n`);
    return 0;
  },
};
