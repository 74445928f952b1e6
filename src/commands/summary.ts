// finetune summary: a network's table, as Keras prints it.

import { resolveOptions, summaryOptions } from '../options.js';
import { summariseNetwork } from '../pipeline/summary.js';
import { renderSummary } from '../report/summary.js';
import type { Command } from './registry.js';

export const command: Command = {
  options: summaryOptions,
  examples: [
    ['summary efficientnet-lite0', 'a prepared backbone'],
    ['summary my-model.keras', 'a Keras file'],
  ],
  async run(flags, [network]) {
    const { json } = resolveOptions(summaryOptions, flags);
    const summary = await summariseNetwork(network!);
    process.stdout.write(json ? `${JSON.stringify(summary)}\n` : `${renderSummary(summary)}\n`);
    process.stderr.write('Next: finetune train --data DIR --backbone NAME\n');
    return 0;
  },
};
