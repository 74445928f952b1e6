// The networks of the GPU check: the one that comes with the program, and VGG16 with weights from a seed, which are made where
// they are needed: time does not depend on them, and 59 MB need not be carried.
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { planVgg16 } from '../../src/backbones/architectures/vgg.js';
import { saveCard } from '../../src/backbones/card.js';
import { preprocessingModes } from '../../src/backbones/preprocessing.js';
import { saveLayersModel } from '../../src/formats/tfjs-layers/layers-model.js';
import { drawWeights } from '../../src/training/initialize.js';

/** Their names, in the order in which they are measured. */
export const networkNames = ['efficientnet-lite0', 'vgg16'] as const;

/** @returns the folder of a network, made where it is not there yet */
export async function placeNetwork(name: string, program: string, work: string): Promise<string> {
  if (name !== 'vgg16') return join(program, 'pretrained', name);
  const folder = join(work, 'networks/vgg16');
  if (existsSync(folder)) return folder;
  const topology = planVgg16({ inputSize: [224, 224], includeTop: false });
  const unfinished = `${folder}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  const { sha256 } = await saveLayersModel(unfinished, drawWeights(topology, 1));
  await saveCard(unfinished, {
    ...{ formatVersion: 1, name: 'vgg16', architecture: 'vgg16', inputShape: [224, 224, 3], sha256 },
    preprocessing: preprocessingModes.caffe,
    resize: { method: 'stretch', interpolation: 'linear', cropFraction: 1 },
    ...{ source: 'random weights from a seed', licence: 'none' },
  });
  await rename(unfinished, folder);
  return folder;
}
