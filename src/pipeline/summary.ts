// summary: the layers of a backbone, of a run, of a Keras file, or of a published network that need not even be prepared.

import { join } from 'node:path';
import { convnetName, planConvnet } from '../backbones/architectures/convnet.js';
import type { Card } from '../backbones/card.js';
import { findInCatalogue } from '../backbones/catalogue.js';
import { resolveBackbone } from '../backbones/resolve.js';
import { refuseOption } from '../errors.js';
import { openModel } from '../formats/open.js';
import { openLayersModel } from '../formats/tfjs-layers/layers-model.js';
import { cutAt } from '../network/cut.js';
import type { FunctionalConfig } from '../network/network.js';
import { withClosing } from '../network/source.js';
import type { NetworkSummary } from '../network/summarize.js';
import { summarize } from '../network/summarize.js';
import { integer, maybe, type OptionTable, type Resolved, sizeInPixels, text } from '../option-kinds.js';
import { flagOf } from '../options.js';
import { measureFile } from '../system/read-failure.js';
import { type OptionsOf, verb } from './verb.js';

/** Options of `summary`. */
export const summaryOptions = {
  network: {
    ...text(
      'A prepared name, the folder of a run or of a tfjs model, a Keras file, a published name, or convnet',
      'a name',
    ),
    missing: 'No network given. Expected a prepared or published name, a run, a Keras file, or a folder.',
  },
  inputShape: maybe(sizeInPixels('For convnet: height and width of its input in pixels (default: 28x28)')),
  channels: maybe(integer(1, 4, 'For convnet: channels of its input (default: 1)')),
  classes: maybe(integer(2, 100_000, 'For convnet: how many classes it tells apart (default: 10)')),
} as const satisfies OptionTable;

/** What `summary` takes. */
export type SummaryOptions = OptionsOf<typeof summaryOptions>;

/**
 * Lists a network's layers with Keras' numbers, from its topology alone. A published network need not be prepared;
 * `-top` after its name adds its top.
 * @throws FinetuneError `not-prepared`, `bad-model`, `unsupported-layer`
 * @example const { rows, parameters } = await summary({ network: 'vgg16' });
 */
export const summary = verb(summaryOptions, async ({ network, ...convnet }): Promise<NetworkSummary> => {
  if (network === convnetName) return summarize(planFor(convnet));
  const idle = Object.entries(convnet).find(([, value]) => value !== undefined)?.[0];
  if (idle === undefined) return summarize(await findTopology(network));
  refuseOption(
    `${flagOf(idle)} is for convnet, which is made for its images. Leave it out: ${network} is shown as it is.`,
  );
});

type Convnet = Omit<Resolved<typeof summaryOptions>, 'network'>;

function planFor({
  inputShape: [height, width] = [28, 28],
  channels = 1,
  classes = 10,
}: Convnet): FunctionalConfig {
  return planConvnet({ inputShape: [height, width, channels], classes });
}

async function findTopology(source: string): Promise<FunctionalConfig> {
  if (await isThere(join(source, 'run.json'))) {
    return (await openLayersModel(join(source, 'model'))).topology;
  }
  const isModelFolder =
    (await isFile(join(source, 'model.json'))) && !(await isThere(join(source, 'card.json')));
  if (isModelFolder || (await isFile(source))) {
    return await withClosing(await openModel(source), ({ topology }) => topology);
  }
  try {
    const { dir, card } = await resolveBackbone(source);
    return asPublished(card, (await openLayersModel(dir)).topology);
  } catch (error) {
    const published = planPublished(source.replace(/-top$/, ''), source.endsWith('-top'));
    if (published === undefined) throw error;
    return published;
  }
}

/** Whatever it is: what cannot be read is told of where it is. */
async function isThere(path: string): Promise<boolean> {
  return (await measureFile(path)) !== 'is missing';
}

async function isFile(path: string): Promise<boolean> {
  return typeof (await measureFile(path)) === 'number';
}

/** In Keras' own classes, as far up as the stored network goes: that one has some of them rewritten. */
function asPublished(
  { architecture, featureLayer, inputShape }: Card,
  stored: FunctionalConfig,
): FunctionalConfig {
  const topology = planPublished(architecture, featureLayer !== undefined, inputShape);
  if (topology === undefined) return stored;
  return cutAt({ topology, weights: new Map() }, stored.config.output_layers[0]![0]).topology;
}

function planPublished(
  name: string,
  includeTop: boolean,
  inputShape?: Card['inputShape'],
): FunctionalConfig | undefined {
  const entry = findInCatalogue(name);
  const [height, width] = inputShape ?? [entry?.size ?? null, entry?.size ?? null];
  return entry?.plan({ inputSize: [height, width], includeTop });
}
