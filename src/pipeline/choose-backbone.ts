// Which backbone a training takes where none is asked for, or the best one is.

import { type PreparedBackbone, resolveBackbone } from '../backbones/resolve.js';
import { type ScanOptions, scanDataSet } from '../data/scan.js';
import { type EngineName, startEngine } from '../engines/start.js';
import { FinetuneError } from '../errors.js';
import type { EmitEvent } from '../events.js';
import { renderComparison } from '../report/backbones.js';
import type { Context } from '../system/context.js';
import { bestBackbone, compareBackbones } from './compare-backbones.js';
import { type SplitPlan, splitData } from './split-data.js';

const [preferred, embedded] = ['vgg16', 'efficientnet-lite0'] as const;

/**
 * Finds the backbone that is asked for; else VGG16 where it is prepared, as `finetune prepare` does it; else the one
 * that comes with the program, and says so.
 * @throws FinetuneError `not-prepared` for one that is asked for and is not here
 */
export async function chooseBackbone(asked: string | undefined, emit: EmitEvent): Promise<PreparedBackbone> {
  if (asked !== undefined) return await resolveBackbone(asked);
  try {
    return await resolveBackbone(preferred);
  } catch (error) {
    if (!(error instanceof FinetuneError && error.code === 'not-prepared')) throw error;
  }
  const message =
    `Backbone: ${embedded}, which comes with finetune, as ${preferred} is not prepared here. ` +
    'To train on VGG16 instead: `finetune prepare`, then the same command again.';
  emit({ type: 'notice', message });
  return await resolveBackbone(embedded);
}

/**
 * Compares all prepared backbones on images of the data set, shows how they do, and takes the best. Starts an engine.
 * @throws FinetuneError `not-prepared` where none can be used on these images
 */
export async function chooseBestBackbone(
  { data, exclude, split, store, engine }: BackboneSearch,
  context: Context,
): Promise<PreparedBackbone & { readonly name: string }> {
  const { emit, signal } = context;
  const scanned = await scanDataSet(data, { exclude, signal });
  const { dataSet, split: divided } = await splitData(scanned, split, signal);
  const { train } = divided;
  await startEngine(engine);
  const { classNames } = dataSet;
  const compared = await compareBackbones({ train, classNames, store, seed: split.seed }, context);
  const best = bestBackbone(compared);
  const [head = '', ...rows] = renderComparison(compared).split('\n');
  if (best === undefined) {
    const message = `No prepared backbone can be used on ${data}:`;
    throw new FinetuneError('not-prepared', message, { lines: [head, ...rows] });
  }
  emit({ type: 'notice', message: head, lines: [...rows, `Backbone: ${best.name}.`] });
  return { ...(await resolveBackbone(best.dir)), name: best.name };
}

/** What backbones are compared on. */
export interface BackboneSearch {
  readonly data: string;
  readonly exclude: ScanOptions['exclude'];
  readonly split: SplitPlan;
  readonly store: string;
  readonly engine: 'auto' | EngineName;
}
