// Views of training images: how they are changed, so that what is trained on top sees more than the images themselves.

import type { View } from '../data/image-rules.js';
import { seededRandom } from './random.js';

/** `crop`: a part of the image; `light`: the same, every other one in a mirror, for images without left and right. */
export type Augmentation = 'crop' | 'light';

/** The least of an image's area that a view shows. */
const leastArea = 0.5;
/** Sides of a part against those of the image, at most. */
const mostStretch = 4 / 3;

/**
 * Draws views: each shows a part of 50 to 100 % of the image's area, up to a third wider or narrower than the image is,
 * as the usual random resized crop does. All images are seen in the same views.
 */
export function planViews(augment: Augmentation, count: number, seed: number): View[] {
  const random = seededRandom(seed);
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
