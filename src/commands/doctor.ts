// finetune doctor: a table of what is here, each problem with its remedy.

import { doctor, doctorOptions } from '../pipeline/doctor.js';
import { renderDiagnosis } from '../report/doctor.js';
import { renderJson } from '../system/printable.js';
import type { Command } from './command.js';
import { dealOut, json } from './flags.js';

/** Looks at what a run depends on. */
export const command: Command = {
  options: { ...doctorOptions, json },
  examples: [['doctor', 'what is here and what is wrong']],
  async run(given, program) {
    const [options, printing] = dealOut(given, doctorOptions, { json });
    const diagnosis = await doctor(options, program.callbacks);
    await program.print(printing.json ? `${renderJson(diagnosis)}\n` : `${renderDiagnosis(diagnosis)}\n`);
    program.say('Next: finetune train --data DIR\n');
    return 0;
  },
};
