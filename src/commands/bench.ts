// finetune bench: a table of speed and memory, or one JSON value.

import { benchOptions, resolveOptions } from '../options.js';
import { bench } from '../pipeline/bench.js';
import { renderBench } from '../report/bench.js';
import { showEventsOn } from '../report/terminal.js';
import type { Command } from './registry.js';

export const command: Command = {
  options: benchOptions,
  examples: [
    ['bench', 'every prepared backbone in float and on bytes'],
    ['bench --backbone efficientnet-lite0,vgg16 --precision int8 --batch-size 1,32', 'these two on bytes'],
    ['bench --data ./pets --json', 'on photos, for a program'],
  ],
  async run(flags) {
    const options = resolveOptions(benchOptions, flags);
    const result = await bench(options, showEventsOn(process.stderr));
    process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : `${renderBench(result)}\n`);
    process.stderr.write('Next: finetune train --data DIR --backbone NAME\n');
    return result.rows.some(row => 'failure' in row) ? 1 : 0;
  },
};
