// What is on each image, best class first. An image that cannot be read is an answer too.

import { type NamedImage, resolveImages } from '../data/list-images.js';
import { reasonOfBadImage } from '../data/read-image.js';
import { type Classifier, openClassifier } from '../runs/classifier.js';
import { mapAhead } from '../system/prefetch.js';

export interface ScoredClass {
  readonly label: string;
  /** Probability, 0 to 1. */
  readonly confidence: number;
}

export type Prediction =
  | {
      readonly file: string;
      readonly label: string;
      readonly confidence: number;
      readonly top: readonly ScoredClass[];
    }
  | { readonly file: string; readonly error: string };

export interface PredictRequest {
  /** Image files, folders, globs, or `-` for one image on standard input. */
  readonly images: readonly string[];
  readonly model?: string | undefined;
  readonly backbone?: string | undefined;
  /** How many classes to name. */
  readonly top: number;
}

/** Images whose decoding has begun while one is being classified. */
const imagesAhead = 4;

/**
 * Predicts the images in order.
 * @throws FinetuneError when there is no model or no image; an unreadable image does not throw
 */
export async function* predict(request: PredictRequest): AsyncGenerator<Prediction> {
  const inputs = await resolveImages(request.images);
  const classifier = await openClassifier(request);
  try {
    yield* mapAhead(inputs, input => predictOne(classifier, input, request.top), imagesAhead);
  } finally {
    await classifier.close();
  }
}

async function predictOne(classifier: Classifier, input: NamedImage, count: number): Promise<Prediction> {
  try {
    const probabilities = await classifier.classify(await input.read());
    const top = rankClasses(probabilities, classifier.classNames, count);
    return { file: input.name, ...top[0]!, top };
  } catch (error) {
    return { file: input.name, error: reasonOfBadImage(error) };
  }
}

/** The `count` most probable classes, best first. */
export function rankClasses(
  probabilities: Float32Array,
  classNames: readonly string[],
  count: number,
): ScoredClass[] {
  return Array.from(probabilities, (confidence, i) => ({ label: classNames[i]!, confidence }))
    .sort((a, b) => b.confidence - a.confidence)
    .slice(0, count);
}
