// Photos that are unusual as pictures: dark, blurred, nearly constant, tiny, or meant for another range of values.

import type { PhotoTraits } from '../data/photo-traits.js';
import type { UnusualImage } from './inspection.js';

/** What is unusual about a photo as a picture. */
export type UnusualTrait = Pick<UnusualImage, 'kind' | 'detail'>;

/** Grey values, of 255, that 98 of 100 pixels of a dark photo do not exceed. */
const darkHighlight = 64;

/** Standard deviation of the grey values of a photo on which there is next to nothing. */
const flatContrast = 4;

/**
 * Sharpness below which a photo is blurred: of 800 photos of flowers none is below .6, and a blur by 2 % of the side brings
 * each below .3.
 */
const blurredSharpness = 0.35;

/** Sides in pixels: below the first a photo shows little, where the others are above the second. */
const [tinySide, usualSide] = [24, 64] as const;

/**
 * Says what is unusual about photos.
 * @param traits of each photo
 * @returns for each photo, in order, what there is to say; most have nothing
 */
export function findUnusualTraits(traits: readonly PhotoTraits[]): UnusualTrait[][] {
  const sides = traits.map(({ size }) => Math.min(...size)).sort((a, b) => a - b);
  const areUsuallyLarge = (sides[Math.floor(sides.length / 2)] ?? 0) >= usualSide;
  return traits.map(each => describe(each, areUsuallyLarge));
}

function describe(
  { size, contrast, highlight, sharpness, narrowRange }: PhotoTraits,
  areUsuallyLarge: boolean,
): UnusualTrait[] {
  const [height, width] = size;
  const found: UnusualTrait[] = [];
  if (narrowRange !== undefined) {
    const [least, most] = narrowRange;
    const detail = `16 bits, of which only values from ${least} to ${most} are used`;
    found.push({ kind: 'narrow-range', detail });
  }
  if (areUsuallyLarge && Math.min(height, width) < tinySide)
    found.push({ kind: 'tiny', detail: `${height}x${width} pixels` });
  // Nothing else is worth saying of a photo on which nothing is to be seen.
  if (contrast < flatContrast) {
    found.push({ kind: 'flat', detail: `grey values vary by ${contrast.toFixed(1)} of 255` });
  } else if (highlight < darkHighlight) {
    found.push({ kind: 'dark', detail: `98 % of the pixels are below ${Math.round(highlight) + 1} of 255` });
  } else if (sharpness < blurredSharpness) {
    found.push({ kind: 'blurred', detail: `edges of ${sharpness.toFixed(2)} of the contrast` });
  }
  return found;
}
