// Files that Keras saved, in memory or written as tfjs layers models, as `finetune prepare` does it.
import { openKerasFile, openWeightsFile } from '../../src/formats/keras/keras-file.js';
import { writeLayersModel } from '../../src/formats/tfjs-layers/layers-model.js';
import type { FunctionalConfig } from '../../src/network/network.js';
import { readNetwork, withClosing } from '../../src/network/source.js';

export async function readKerasFile(path: string) {
  return await withClosing(await openKerasFile(path), readNetwork);
}

export async function readWeightsFile(path: string, topology: FunctionalConfig) {
  return await withClosing(await openWeightsFile(path, topology), readNetwork);
}

export async function convertKerasFile(path: string, dir: string) {
  return await withClosing(await openKerasFile(path), network => writeLayersModel(dir, network));
}
