// finetune bench: a table of speed and memory, or one JSON value.

import { bench, benchOptions } from '../pipeline/bench.js';
import { renderBench } from '../report/bench.js';
import { renderJson } from '../system/printable.js';
import type { Command } from './command.js';
import { dealOut, json } from './flags.js';

/** Measures frozen bases. */
export const command: Command = {
  options: { ...benchOptions, json },
  examples: [
    ['bench', 'every prepared backbone in fp32 and in int8'],
    ['bench --backbone efficientnet-lite0,vgg16 --precision int8 --batch-size 1,32', 'these two in int8'],
    ['bench --data ./pets --json', 'on photos, for a program'],
  ],
  async run(given, program) {
    const [options, printing] = dealOut(given, benchOptions, { json });
    const result = await bench(options, program.callbacks);
    await program.print(printing.json ? `${renderJson(result)}\n` : `${renderBench(result)}\n`);
    program.say('Next: finetune train --data DIR --backbone NAME\n');
    return result.rows.some(row => 'failure' in row) ? 1 : 0;
  },
};
