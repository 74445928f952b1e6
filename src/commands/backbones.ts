// finetune backbones: a list, with a table of figures where there are images to compare on, or one JSON value.

import { backbones, backbonesOptions } from '../pipeline/backbones.js';
import { renderBackbones } from '../report/backbones.js';
import { renderJson } from '../system/printable.js';
import type { Command } from './command.js';
import { dealOut, json } from './flags.js';

/** Lists backbones. */
export const command: Command = {
  options: { ...backbonesOptions, json },
  examples: [
    ['backbones', 'what is prepared, and what can be'],
    ['backbones --data ./pets', 'how well heads on each do on up to 300 of these photos'],
  ],
  async run(given, program) {
    const [options, printing] = dealOut(given, backbonesOptions, { json });
    const result = await backbones(options, program.callbacks);
    const { prepared, available } = result;
    await program.print(
      printing.json
        ? `${renderJson(result)}\n`
        : `${renderBackbones(prepared, available, options.data !== undefined)}\n`,
    );
    program.say('Next: finetune train --data DIR --backbone NAME, or finetune prepare NAME\n');
    return 0;
  },
};
