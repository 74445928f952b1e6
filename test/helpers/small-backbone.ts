// A backbone that takes no time: the small ConvNet with random weights, prepared as others are.

import { mkdirSync } from 'node:fs';
import { planConvnet } from '../../src/backbones/architectures/convnet.js';
import { type Card, saveCard } from '../../src/backbones/card.js';
import { saveLayersModel } from '../../src/formats/tfjs-layers/layers-model.js';
import { drawWeights } from '../../src/training/initialize.js';

/**
 * Writes it: `[28, 28, 1]`, cut at `max_pooling2d_1`, with `max_pooling2d` below that.
 * @param dir an empty folder, or none yet
 */
export async function saveSmallBackbone(dir: string, name: string): Promise<string> {
  const inputShape = [28, 28, 1] as const;
  const card: Omit<Card, 'sha256'> = {
    ...{ formatVersion: 1, name, architecture: 'convnet', inputShape, source: '', licence: '' },
    preprocessing: { channelOrder: 'grey', mean: [0], std: [255] },
    resize: { method: 'stretch', interpolation: 'linear', cropFraction: 1 },
    featureLayer: 'max_pooling2d_1',
  };
  mkdirSync(dir, { recursive: true });
  const { sha256 } = await saveLayersModel(dir, drawWeights(planConvnet({ inputShape, classes: 2 }), 1));
  await saveCard(dir, { ...card, sha256 });
  return dir;
}
