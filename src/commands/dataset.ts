// finetune dataset: a published data set as folders of images.

import { relative } from 'node:path';
import { dataset, datasetOptions } from '../pipeline/dataset.js';
import { quoteWord, renderJson } from '../system/printable.js';
import type { Command } from './command.js';
import { dealOut, json } from './flags.js';

/** Writes a data set. */
export const command: Command = {
  options: { ...datasetOptions, json },
  positional: 'set',
  examples: [
    ['dataset mnist --out mnist', '70,000 handwritten digits, in train/ and test/'],
    ['dataset idx --images F --labels F --out fashion/train', 'IDX files, as Fashion-MNIST comes in'],
  ],
  async run(given, program) {
    const [options, printing] = dealOut(given, datasetOptions, { json });
    const written = await dataset(options, program.callbacks);
    const { images, classes, seconds } = written;
    const dir = relative('', written.dir);
    await program.print(
      printing.json
        ? `${renderJson(written)}\n`
        : `${dir}: ${images} images of ${classes} classes, ${seconds.toFixed(1)} s.\n`,
    );
    program.say(`Next: finetune train ${quoteWord(dir)} --backbone convnet\n`);
    return 0;
  },
};
