// finetune prepare: one network of the catalogue, all of them, or a Keras file of the user's own.

import { relative } from 'node:path';
import { catalogue } from '../backbones/catalogue.js';
import { FinetuneError } from '../errors.js';
import { type Prepared, prepare, prepareOptions } from '../pipeline/prepare.js';
import { renderJson } from '../system/printable.js';
import { dealOut, json } from './flags.js';
import type { Command } from './registry.js';

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
    for (const name of namesOf(options.name, options.out)) {
      const prepared = await prepare({ ...options, name }, program.callbacks);
      await program.print(printing.json ? `${renderJson(prepared)}\n` : renderPrepared(prepared));
    }
    return 0;
  },
};

function namesOf(name: string | undefined, out: string | undefined): (string | undefined)[] {
  if (name !== 'all') return [name];
  if (out !== undefined) throw new FinetuneError('bad-option', '--out takes one network, not all of them.');
  return catalogue.map(each => each.name);
}

function renderPrepared({ dir, card, bytes, change }: Prepared): string {
  const size = bytes === undefined ? 'was prepared before' : `${(bytes / 1e6).toFixed(1)} MB`;
  const changed = change
    ? `Quantized: features keep a cosine of ${change.cosineMean.toFixed(6)} (lowest ${change.cosineLowest.toFixed(6)}) ` +
      `with the original's;\nthe largest difference is ${(change.largest * 100).toFixed(3)} % of the largest feature.\n`
    : '';
  const path = relative('', dir);
  const isDefault = path === `pretrained/${card.name}`;
  return (
    `${path}: ${card.architecture}, ${size}.\n${changed}` +
    `Next: finetune train --data DIR --backbone ${isDefault ? card.name : path}\n`
  );
}
