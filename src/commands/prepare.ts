// finetune prepare: one network of the catalogue, all of them, or a Keras file of the user's own.

import { relative } from 'node:path';
import { catalogue } from '../backbones/catalogue.js';
import { FinetuneError } from '../errors.js';
import { prepareOptions, resolveOptions } from '../options.js';
import { type Prepared, prepareBackbone } from '../pipeline/prepare.js';
import { showEventsOn } from '../report/terminal.js';
import type { Command } from './registry.js';

export const command: Command = {
  options: prepareOptions,
  examples: [
    ['prepare', "VGG16 without its top: downloads Keras' weights"],
    ['prepare --weights vgg16_notop.h5', 'the same from a file that is here already'],
    ['prepare --from my-model.keras --name mine', 'a network of your own'],
    ['prepare vgg16 --cut block4_pool --input-shape 640x480', 'its lower blocks, for photos of that size'],
  ],
  async run(flags, [network]) {
    const options = resolveOptions(prepareOptions, flags);
    if (network !== undefined && options.name !== undefined) {
      throw new FinetuneError(
        'bad-option',
        `--name is for a file of your own (--from); ${network} has its name already. Use --out for another folder.`,
      );
    }
    const emit = showEventsOn(process.stderr);
    for (const name of networksNamed(network, options.out)) {
      const prepared = await prepareBackbone({ ...options, name: name ?? options.name, emit });
      process.stdout.write(options.json ? `${JSON.stringify(prepared)}\n` : renderPrepared(prepared));
    }
    return 0;
  },
};

function networksNamed(network: string | undefined, out: string | undefined): (string | undefined)[] {
  if (network !== 'all') return [network];
  if (out !== undefined) throw new FinetuneError('bad-option', '--out takes one network, not all of them.');
  return catalogue.map(({ name }) => name);
}

function renderPrepared({ dir, card, bytes, change }: Prepared): string {
  const size = bytes === undefined ? 'was prepared before' : `${(bytes / 1e6).toFixed(1)} MB`;
  const changed = change
    ? `Quantised: features keep a cosine of ${change.cosineMean.toFixed(6)} (lowest ${change.cosineLowest.toFixed(6)}) ` +
      `with the original's; the largest difference is ${(change.largest * 100).toFixed(3)} % of the largest feature.\n`
    : '';
  const path = relative('', dir);
  const isDefault = path === `pretrained/${card.name}`;
  return (
    `${path}: ${card.architecture}, ${size}.\n${changed}` +
    `Next: finetune train --data DIR --backbone ${isDefault ? card.name : path}\n`
  );
}
