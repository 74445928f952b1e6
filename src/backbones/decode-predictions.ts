// Class scores to names, as Keras' decode_predictions does it.

import { FinetuneError } from '../errors.js';
import { imagenetClasses } from './imagenet-classes.js';

/** `[wnid, name, score]`, e.g. `['n02107142', 'Doberman', 0.3542]`. */
export type DecodedPrediction = readonly [wnid: string, name: string, score: number];

/**
 * Names the best ImageNet classes of each image.
 * @param scores one image after the other: `[images, 1000]`, flat
 * @param top how many classes per image
 * @returns per image its best classes, best first
 * @throws FinetuneError `bad-data-set` when the length is not a multiple of 1000
 * @example decodePredictions(scores, 1)[0] // [['n02107142', 'Doberman', 0.3542]]
 */
export function decodePredictions(scores: ArrayLike<number>, top = 5): DecodedPrediction[][] {
  const count = imagenetClasses.length;
  if (scores.length === 0 || scores.length % count !== 0) {
    throw new FinetuneError(
      'bad-data-set',
      `decodePredictions expects ${count} ImageNet scores per image, flat. Received: ${scores.length} values. ` +
        'For a network with other classes, use the class names of its card.',
    );
  }
  const values = Array.from(scores);
  return Array.from({ length: values.length / count }, (_, image) => {
    const own = values.slice(image * count, (image + 1) * count);
    const named = imagenetClasses.map(
      ([wnid, name], label) => [wnid, name, own[label] ?? Number.NaN] as const,
    );
    return named.sort((one, other) => other[2] - one[2]).slice(0, top);
  });
}
