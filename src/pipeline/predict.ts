// predict: what is on each image, best class first. An image that cannot be read is a result too.

import * as v from 'valibot';
import { resolveImages } from '../data/list-images.js';
import { describeNarrowRanges, type ValueRange } from '../data/value-range.js';
import { list, type OptionTable } from '../option-kinds.js';
import { classifierOptions, type ScoredClass } from '../runs/classifier.js';
import { chooseClassifier } from './choose-classifier.js';
import { device } from './common-options.js';
import { type OptionsOf, streamingVerb } from './verb.js';

/** Options of `predict`. */
export const predictOptions = {
  images: {
    ...list(
      v.pipe(v.string(), v.nonEmpty()),
      'What to predict',
      'image files, folders, globs, or - for standard input',
    ),
    missing:
      'No image given. Expected files, folders, globs, or - for standard input. ' +
      'See finetune predict --help.',
  },
  ...classifierOptions,
  device,
} as const satisfies OptionTable;

/** What `predict` takes. */
export type PredictOptions = OptionsOf<typeof predictOptions>;

/** An image with its classes, or with the reason why it has none. */
export type Prediction =
  | {
      /** As it was named, or found below a folder that was named. */
      readonly file: string;
      readonly label: string;
      /** Probability of `label`, 0 to 1. */
      readonly confidence: number;
      /** The most probable classes, best first. */
      readonly top: readonly ScoredClass[];
      readonly error?: undefined;
    }
  | {
      readonly file: string;
      readonly label?: undefined;
      readonly confidence?: undefined;
      readonly top?: undefined;
      /** Why the image cannot be read. */
      readonly error: string;
    };

/**
 * Predicts images in order, with the run that was finished last unless another is named.
 * @throws FinetuneError when there is no model or no image; an image that cannot be read does not throw
 * @example
 * for await (const { file, label, error } of predict({ images: 'photos' })) console.log(file, label ?? error);
 */
export const predict = streamingVerb(
  predictOptions,
  async function* ({ images, ...options }, { emit, signal }): AsyncGenerator<Prediction> {
    const inputs = await resolveImages(images);
    const classifier = await chooseClassifier(options, { images: inputs }, { emit, signal });
    const { name: run, device, precision } = classifier;
    if (options.backbone === undefined) emit({ type: 'run', run, device, precision });
    try {
      const narrowRanges = new Map<string, ValueRange>();
      for await (const { image, ...result } of classifier.classifyAll(inputs, { signal })) {
        if (result.error === undefined && result.narrowRange !== undefined)
          narrowRanges.set(image.name, result.narrowRange);
        if (result.error !== undefined) yield { file: image.name, error: result.error };
        else yield { file: image.name, label: result.label, confidence: result.confidence, top: result.top };
      }
      const message = describeNarrowRanges(narrowRanges);
      if (message !== undefined) emit({ type: 'warning', message });
    } finally {
      await classifier.close();
    }
  },
);
