// finetune prepare: one network of the catalogue, all of them, or a Keras file of the user's own.

import { relative } from 'node:path';
import { catalogue } from '../backbones/catalogue.js';
import { refuseOption } from '../errors.js';
import { flag } from '../option-kinds.js';
import { type Prepared, type PrepareOptions, prepare, prepareOptions } from '../pipeline/prepare.js';
import { quoteWord, renderJson } from '../system/printable.js';
import { dealOut } from './flags.js';
import type { Command } from './registry.js';

const printingOptions = {
  json: flag('Print one JSON value a line for each network on stdout, everything else on stderr'),
};

/** Prepares backbones. */
export const command: Command = {
  options: { ...prepareOptions, ...printingOptions },
  positional: 'name',
  examples: [
    ['prepare', "VGG16 without its top: downloads Keras' weights"],
    ['prepare --weights vgg16_notop.h5', 'the same from a file that is here already'],
    ['prepare --from my-model.keras --name mine', 'a network of your own'],
    ['prepare --from my-model.keras --class-names cat,dog', 'one that predicts by itself'],
    ['prepare vgg16 --cut block4_pool --input-shape 640x480', 'its lower blocks, for photos of that size'],
  ],
  async run(given, program) {
    const [options, printing] = dealOut(given, prepareOptions, printingOptions);
    for (const name of namesOf(options)) {
      const prepared = await prepare({ ...options, name }, program.callbacks);
      const path = relative('', prepared.dir);
      await program.print(printing.json ? `${renderJson(prepared)}\n` : renderPrepared(prepared, path));
      const backbone = path === `pretrained/${prepared.card.name}` ? prepared.card.name : path;
      program.say(`Next: finetune train --data DIR --backbone ${quoteWord(backbone)}\n`);
    }
    return 0;
  },
};

/** Options that are about one network. */
const ofOne = ['from', 'weights', 'url', 'out'] as const;

function namesOf(options: PrepareOptions): (string | undefined)[] {
  if (options.name !== 'all') return [options.name];
  const wrong = ofOne.find(name => options[name] !== undefined);
  if (wrong !== undefined) refuseOption(`--${wrong} is for one network, not for all of them.`);
  return catalogue.map(each => each.name);
}

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
