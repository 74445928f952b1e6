// backbones: what is prepared here, and what can be; with images of the user's own, how well each does on them.

import { catalogue } from '../backbones/catalogue.js';
import { listBackbones } from '../backbones/resolve.js';
import { scanDataSet } from '../data/scan.js';
import { planSplit } from '../data/split.js';
import { startEngine } from '../engines/start.js';
import { refuseOption } from '../errors.js';
import { storeDirectory } from '../features/store-directory.js';
import { maybe, type OptionTable, text } from '../option-kinds.js';
import type { ListedBackbone } from '../report/backbones.js';
import { compareBackbones } from './compare-backbones.js';
import { tellOfDataSet } from './train/tell-of-data-set.js';
import { type OptionsOf, verb } from './verb.js';

/** Options of `backbones`. */
export const backbonesOptions = {
  data: maybe(
    text('Folder with one sub-folder of images per class, to compare what is prepared on', 'a folder'),
  ),
  store: maybe(text('Folder of the feature store (default: in the cache directory)', 'a folder')),
} as const satisfies OptionTable;

/** What `backbones` takes. */
export type BackbonesOptions = OptionsOf<typeof backbonesOptions>;

/** The backbones that there are. */
export interface BackboneList {
  /** What can be trained on now; with figures where a data folder was given. */
  readonly prepared: readonly ListedBackbone[];
  /** What `finetune prepare NAME` makes, and is not prepared. */
  readonly available: readonly string[];
}

/**
 * Lists backbones, and compares those that are prepared on images of a folder. A folder's val/ and test/ are left alone.
 * @throws FinetuneError `not-found` | `bad-data-set` for a folder that cannot be trained on
 * @example const { prepared } = await backbones({ data: 'pets' });
 */
export const backbones = verb(backbonesOptions, async ({ data, store }, context): Promise<BackboneList> => {
  if (data === undefined && store !== undefined)
    refuseOption(
      `--store ${store} does nothing without --data: nothing is computed. Leave it out, or add --data.`,
    );
  const here = await listBackbones();
  const prepared = data === undefined ? here.map(({ name, dir }) => ({ name, dir })) : await compareOn(data);
  const names = new Set(here.map(({ name }) => name));
  return { prepared, available: catalogue.map(({ name }) => name).filter(name => !names.has(name)) };

  async function compareOn(folder: string) {
    const { signal } = context;
    const dataSet = await scanDataSet(folder, { signal });
    tellOfDataSet(dataSet, [], context.emit);
    const { train } = planSplit(dataSet, { seed: 1 });
    await startEngine('auto');
    const { classNames } = dataSet;
    return compareBackbones({ train, classNames, store: storeDirectory(store), seed: 1 }, context);
  }
});
