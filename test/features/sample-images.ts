// A folder of handwritten digits, one of them broken, and a base to run on them.
import { cpSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import type { Example } from '../../src/data/data-set.js';
import { originalView } from '../../src/data/image-rules.js';
import { type Base, loadBase } from '../../src/features/base.js';
import type { ViewedExample } from '../../src/features/run-images.js';
import { checkout } from '../helpers/finetune.js';

/** Which image is cut short. */
export const broken = 3;

/** Copies digits into a folder, as one class. */
export function copyDigits(folder: string, count: number): Example[] {
  const examples = Array.from({ length: count }, (_, i): Example => {
    const path = `${i}.png`;
    const file = join(folder, path);
    cpSync(join(checkout, 'datasets/digits-unseen', `${i % 10}.png`), file);
    return { path, file, label: 0, hash: String(i).padStart(2, '0') };
  });
  if (count > broken) truncateSync(join(folder, `${broken}.png`), 200);
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
