// Views of training images: how they are changed, so that what is trained on top sees more than the images themselves.

import { createHash } from 'node:crypto';
import type { Example } from '../data/data-set.js';
import type { View } from '../data/image-rules.js';
import { seededRandom } from './random.js';

/** `crop`: a part of the image; `light`: the same, every other one in a mirror, for images without left and right. */
export type Augmentation = 'crop' | 'light';

/** The least of an image's area that a view shows. */
const leastArea = 0.5;
/** Sides of a part against those of the image, at most. */
const mostStretch = 4 / 3;

/** How many views of an image are drawn, and how. */
export interface ViewPlan {
  readonly augment: Augmentation;
  readonly count: number;
  readonly seed: number;
}

/**
 * Draws an image's views: each shows a part of 50 to 100 % of its area, up to a third wider or narrower than the image is,
 * as the usual random resized crop does. They follow from the seed and the image's content, so that others make no
 * difference to them.
 */
export function planViews({ augment, count, seed }: ViewPlan, { hash }: Pick<Example, 'hash'>): View[] {
  const stream = createHash('sha256').update(hash).digest().readUInt32LE();
  const random = seededRandom(seed, stream);
  return Array.from({ length: count }, (): View => {
    const area = leastArea + (1 - leastArea) * random();
    const ratio = Math.exp((2 * random() - 1) * Math.log(mostStretch));
    const height = round(Math.min(1, Math.sqrt(area / ratio)));
    const width = round(Math.min(1, Math.sqrt(area * ratio)));
    const part = { top: round((1 - height) * random()), left: round((1 - width) * random()), height, width };
    const mirrored = random() < 0.5 && augment === 'light';
    const key = `part ${part.top} ${part.left} ${height} ${width}${mirrored ? ' mirrored' : ''}`;
    return { key, mirrored, part };
  });
}

/** To whole hundredths of a percent, so that the view's name says it exactly. */
function round(value: number): number {
  return Math.floor(value * 1e4) / 1e4;
}
