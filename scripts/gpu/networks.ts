// The networks of the GPU check: the one that comes with the program, and VGG16 with weights from a seed, which are made where
// they are needed: time does not depend on them, and 59 MB need not be carried.
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { planVgg16 } from '../../src/backbones/architectures/vgg.js';
import { saveCard } from '../../src/backbones/card.js';
import { preprocessingModes } from '../../src/backbones/preprocessing.js';
import { saveLayersModel } from '../../src/formats/tfjs-layers/layers-model.js';
import type { Network, WeightTensor } from '../../src/network/network.js';

/** Their names, in the order in which they are measured. */
export const networkNames = ['efficientnet-lite0', 'vgg16'] as const;

/** @returns the folder of a network, made where it is not there yet */
export async function placeNetwork(name: string, program: string, work: string): Promise<string> {
  if (name !== 'vgg16') return join(program, 'pretrained', name);
  const folder = join(work, 'networks/vgg16');
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  const { sha256 } = await saveLayersModel(unfinished, makeVgg16());
  await saveCard(unfinished, {
    ...{ formatVersion: 1, name: 'vgg16', architecture: 'vgg16', inputShape: [224, 224, 3], sha256 },
    preprocessing: preprocessingModes.caffe,
    resize: { method: 'stretch', interpolation: 'linear', cropFraction: 1 },
    ...{ source: 'random weights from a seed', licence: 'none' },
  });
  await rename(unfinished, folder);
  return folder;
}

/** With weights as He et al. begin with, so that features stay in range. */
function makeVgg16(): Network {
  const topology = planVgg16({ inputSize: [224, 224], includeTop: false });
  const next = makeNormal(1);
  const weights = new Map<string, WeightTensor>();
  let channels = 3;
  for (const { class_name: kind, name, config } of topology.config.layers) {
    if (kind !== 'Conv2D') continue;
    const filters = Number(config.filters);
    const scale = Math.sqrt(2 / (9 * channels));
    const data = Float32Array.from({ length: 9 * channels * filters }, () => scale * next());
    const [kernel, bias] = [`${name}/kernel`, `${name}/bias`];
    weights.set(kernel, { name: kernel, shape: [3, 3, channels, filters], data });
    weights.set(bias, { name: bias, shape: [filters], data: new Float32Array(filters) });
    channels = filters;
  }
  return { topology, weights };
}

/** Sums of twelve evenly distributed numbers: near enough to a normal distribution. */
function makeNormal(seed: number): () => number {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return () => Array.from({ length: 12 }, next).reduce((sum, value) => sum + value, -6);
}
