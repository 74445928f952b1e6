// A prepared backbone as a tfjs LayersModel, for programs that build on tfjs themselves.

import type { LayersModel } from '@tensorflow/tfjs-layers';
import { type PreparedBackbone, resolveBackbone } from '../backbones/resolve.js';
import { startEngine } from '../engines/start.js';
import { FinetuneError } from '../errors.js';
import { loadLayersModel, toArtifacts } from '../formats/tfjs-layers/layers-model.js';
import { removeTop, shapeNetwork } from '../network/cut.js';

/** Which backbone, up to where, and for which input. */
export interface LoadBackboneOptions {
  /** A prepared name or a folder, e.g. `vgg16`. */
  readonly name: string;
  /** With its ImageNet classes; also looked for under `NAME-top`. Default: false. */
  readonly includeTop?: boolean;
  /** Height and width in pixels; null leaves one open. Default: the backbone's own. */
  readonly inputShape?: readonly [height: number | null, width: number | null];
  /** The layer whose output becomes the model's. */
  readonly cut?: string;
}

/**
 * Loads a backbone into tfjs, on the backend that is active, else on the portable one.
 * @returns the model, every layer frozen; whoever asked for it disposes it
 * @throws FinetuneError `not-prepared`; `bad-option` for an input shape or a cut that it does not allow
 * @example const base = await loadBackbone({ name: 'vgg16', cut: 'block4_pool' });
 */
export async function loadBackbone(options: LoadBackboneOptions): Promise<LayersModel> {
  const { dir, card } = await findBackbone(options);
  const stored = await loadLayersModel(dir, card.sha256);
  const hasOwnEnd = options.includeTop === true || options.cut !== undefined;
  const network = shapeNetwork(hasOwnEnd ? stored : removeTop(stored, card), options);
  const [{ engine, io }, { loadLayersModel: loadModel }] = await Promise.all([
    import('@tensorflow/tfjs-core'),
    import('@tensorflow/tfjs-layers'),
  ]);
  if (Object.keys(engine().registryFactory).length === 0) await startEngine('auto');
  const model = await loadModel(io.fromMemory(toArtifacts(network)));
  for (const layer of model.layers) layer.trainable = false;
  return model;
}

async function findBackbone({ name, includeTop = false }: LoadBackboneOptions): Promise<PreparedBackbone> {
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
