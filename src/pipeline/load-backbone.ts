// A prepared backbone as a tfjs LayersModel, for programs that build on tfjs themselves.

import type { LayersModel } from '@tensorflow/tfjs-layers';
import * as v from 'valibot';
import { type PreparedBackbone, resolveBackbone } from '../backbones/resolve.js';
import { startEngine } from '../engines/start.js';
import { FinetuneError } from '../errors.js';
import { loadLayersModel, toArtifacts } from '../formats/tfjs-layers/layers-model.js';
import { removeTop, shapeNetwork } from '../network/cut.js';
import { flag, maybe, type OptionTable, type Resolved, text } from '../option-kinds.js';
import { type OptionsOf, verb } from './verb.js';

const size = v.nullable(v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(2048)));

/** Options of `loadBackbone`. */
const loadBackboneOptions = {
  name: text('A prepared backbone', 'a name or a folder'),
  includeTop: flag('With its ImageNet classes; also looked for under NAME-top'),
  inputShape: maybe({
    schema: v.pipe(v.strictTuple([size, size]), v.readonly()),
    help: "Height and width of the input in pixels; null leaves one open (default: the backbone's own)",
    kind: 'text',
    expects: '[height, width], each a number from 1 to 2048 or null',
    read: typed => typed,
  }),
  cut: maybe(text("The layer whose output becomes the model's", 'the name of a layer')),
} as const satisfies OptionTable;

/** Which backbone, up to where, and for which input. */
export type LoadBackboneOptions = OptionsOf<typeof loadBackboneOptions>;

/**
 * Loads a backbone into tfjs, on the backend that is active, else on the portable one.
 * @returns the model, every layer frozen; whoever asked for it disposes it
 * @throws FinetuneError `not-prepared`; `bad-option` for an input shape or a cut that it does not allow
 * @example const base = await loadBackbone({ name: 'vgg16', cut: 'block4_pool' });
 */
export const loadBackbone = verb(loadBackboneOptions, async (options, { signal }): Promise<LayersModel> => {
  const { dir, card } = await findBackbone(options);
  signal.throwIfAborted();
  const stored = await loadLayersModel(dir, card.sha256);
  const hasOwnEnd = options.includeTop || options.cut !== undefined;
  const network = shapeNetwork(hasOwnEnd ? stored : removeTop(stored, card), options);
  const [{ engine, io }, { loadLayersModel: loadModel }] = await Promise.all([
    import('@tensorflow/tfjs-core'),
    import('@tensorflow/tfjs-layers'),
  ]);
  if (Object.keys(engine().registryFactory).length === 0) await startEngine('auto');
  signal.throwIfAborted();
  const model = await loadModel(io.fromMemory(toArtifacts(network)));
  for (const layer of model.layers) layer.trainable = false;
  return model;
});

async function findBackbone({
  name,
  includeTop,
}: Resolved<typeof loadBackboneOptions>): Promise<PreparedBackbone> {
  if (!includeTop) return resolveBackbone(name);
  for (const candidate of [name, `${name}-top`]) {
    const found = await resolveBackbone(candidate).catch(ignoreNotPrepared);
    if (found?.card.featureLayer !== undefined) return found;
  }
  throw new FinetuneError(
    'not-prepared',
    `${name} is not prepared with its top. Run \`finetune prepare ${name} --include-top\`.`,
  );
}

function ignoreNotPrepared(error: unknown): undefined {
  if (!(error instanceof FinetuneError && error.code === 'not-prepared')) throw error;
}
