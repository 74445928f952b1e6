// finetune prepare: a network of the catalogue, or a Keras file of the user's own.

import { relative } from 'node:path';
import { type Prepared, prepare, prepareOptions } from '../pipeline/prepare.js';
import { quoteWord, renderJson } from '../system/printable.js';
import type { Command } from './command.js';
import { dealOut, json } from './flags.js';

/** Prepares backbones. */
export const command: Command = {
  options: { ...prepareOptions, json },
  positional: 'name',
  examples: [
    ['prepare', "VGG16 without its top: downloads Keras' weights"],
    ['prepare --weights vgg16_notop.h5', 'the same from a file that is here already'],
    ['prepare --from my-model.keras --name mine', 'a network of your own'],
    ['prepare --from my-model.keras --class-names cat,dog', 'one that predicts by itself'],
    ['prepare vgg16 --cut block4_pool --input-shape 640x480', 'its lower blocks, for photos of that size'],
  ],
  async run(given, program) {
    const [options, printing] = dealOut(given, prepareOptions, { json });
    const prepared = await prepare(options, program.callbacks);
    const path = relative('', prepared.dir);
    await program.print(printing.json ? `${renderJson(prepared)}\n` : renderPrepared(prepared, path));
    const { name } = prepared.card;
    const backbone = path === `pretrained/${name}` ? name : path;
    program.say(`Next: finetune train --data DIR --backbone ${quoteWord(backbone)}\n`);
    return 0;
  },
};

function renderPrepared({ card, bytes, change }: Prepared, path: string): string {
  const size =
    bytes === undefined
      ? 'was prepared before, and stays as it is without --force'
      : `${(bytes / 1e6).toFixed(1)} MB`;
  const changed = change
    ? `Quantized: features keep a cosine of ${change.cosineMean.toFixed(6)} (lowest ${change.cosineLowest.toFixed(6)}) ` +
      `with the original's;\nthe largest difference is ${(change.largest * 100).toFixed(3)} % of the largest feature.\n`
    : '';
  return `${path}: ${card.architecture}, ${size}.\n${changed}`;
}
