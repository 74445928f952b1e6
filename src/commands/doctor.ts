// finetune doctor: a table of what is here, each problem with its remedy.

import { doctorOptions, resolveOptions } from '../options.js';
import { diagnose } from '../pipeline/doctor.js';
import { renderDiagnosis } from '../report/doctor.js';
import type { Command } from './registry.js';

export const command: Command = {
  options: doctorOptions,
  examples: [['doctor', 'what is here and what is wrong']],
  async run(flags) {
    const { json } = resolveOptions(doctorOptions, flags);
    const diagnosis = await diagnose();
    process.stdout.write(json ? `${JSON.stringify(diagnosis)}\n` : `${renderDiagnosis(diagnosis)}\n`);
    process.stderr.write('Next: finetune train --data DIR\n');
    return 0;
  },
};
