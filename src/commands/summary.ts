// finetune summary: a network's table, as Keras prints it.

import { summary, summaryOptions } from '../pipeline/summary.js';
import { renderSummary } from '../report/summary.js';
import { renderJson } from '../system/printable.js';
import type { Command } from './command.js';
import { dealOut, json } from './flags.js';

/** Lists a network's layers. */
export const command: Command = {
  options: { ...summaryOptions, json },
  positional: 'network',
  examples: [
    ['summary efficientnet-lite0', 'a prepared backbone'],
    ['summary runs/pets', 'a run'],
    ['summary my-model.keras', 'a Keras file'],
    [
      'summary convnet --input-shape 28x28 --channels 1 --classes 10',
      'the network that is trained from scratch',
    ],
  ],
  async run(given, program) {
    const [options, printing] = dealOut(given, summaryOptions, { json });
    const network = await summary(options, program.callbacks);
    await program.print(printing.json ? `${renderJson(network)}\n` : `${renderSummary(network)}\n`);
    program.say('Next: finetune train --data DIR --backbone NAME\n');
    return 0;
  },
};
