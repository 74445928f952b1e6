// A folder of handwritten digits, one of them broken, and a base to run on them.
import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { planConvnet } from '../../src/backbones/architectures/convnet.js';
import type { Example } from '../../src/data/data-set.js';
import { originalView } from '../../src/data/image-rules.js';
import { type Base, baseOfInput, loadBase } from '../../src/features/base.js';
import type { ViewedExample } from '../../src/features/run-images.js';
import { drawWeights } from '../../src/training/initialize.js';
import { checkout } from '../helpers/finetune.js';

/** Which image is cut short. */
export const broken = 3;

/** Copies digits into a folder, as one class. */
export function copyDigits(folder: string, count: number): Example[] {
  const examples = Array.from({ length: count }, (_, i): Example => {
    const path = `${i}.png`;
    const file = join(folder, path);
    const digits = join(checkout, 'datasets/digits', String(i % 10));
    const name = readdirSync(digits).sort()[Math.floor(i / 10)] ?? '';
    cpSync(join(digits, name), file);
    if (i === broken) truncateSync(file, 200);
    const hash = createHash('sha256').update(readFileSync(file)).digest('hex');
    return { path, file, label: 0, hash };
  });
  return examples;
}

/** The same as they are. */
export function asTheyAre(examples: readonly Example[]): ViewedExample[] {
  return examples.map(example => ({ example, view: originalView }));
}

/** The lower half of EfficientNet-Lite0 on small images. */
export function openBase(pooling: 'avg' | 'max' | 'flatten'): Promise<Base> {
  return loadBase({
    backbone: join(checkout, 'pretrained/efficientnet-lite0'),
    inputShape: [64, 64],
    cut: 'block4a_project_bn',
    resize: undefined,
    pooling,
  });
}

/** The bare input of a network for digits as they are. */
export function openInput(): Base {
  const network = drawWeights(planConvnet({ inputShape: [28, 28, 1], classes: 2 }), 1);
  return baseOfInput(network, {
    ...{ formatVersion: 1, name: 'convnet', architecture: 'convnet', inputShape: [28, 28, 1] },
    ...{ preprocessing: { channelOrder: 'grey', mean: [0], std: [255] }, source: '', licence: '' },
    resize: { method: 'stretch', interpolation: 'linear', cropFraction: 1 },
  }).base;
}
