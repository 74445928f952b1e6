// From images to what a network makes of them: the upper half of the image path, for extraction, predicting, evaluating
// and comparing alike. A bad image is a result like others; a failure of the network is thrown.

import type { Example } from '../data/data-set.js';
import type { InputRules, View } from '../data/image-rules.js';
import { type BadInput, readImage, reasonOfBadImage } from '../data/read-image.js';
import type { ImageSource, ReadOptions } from '../data/read-options.js';
import type { ValueRange } from '../data/value-range.js';
import type { Session, SessionOutput } from '../inference/session.js';
import { prefetch } from '../system/prefetch.js';
import { ReusedArrays } from '../system/reused-arrays.js';
import type { DamageFindings } from './damage-sample.js';
import type { QuantizedFeatures } from './store-segment.js';

/** An image, seen in one way: what a row of features is of. */
export interface ViewedExample {
  readonly example: Example;
  readonly view: View;
}

/** What the base makes of one image, or why there is nothing. */
export type Outcome = Float32Array | QuantizedFeatures | BadInput;

/** An image with its outcome. */
export interface RunResult<Image, Result = Outcome> {
  readonly image: Image;
  readonly outcome: Result;
  /** The range of a 16-bit image that uses a small part of what is possible. */
  readonly narrowRange?: ValueRange | undefined;
  /** The picture by which copies of it are found, where it was seen in full: grey, `[pictureSide, pictureSide]`. */
  readonly picture?: Uint8Array | undefined;
}

/** The same where there are numbers: an input as a network takes it, or what it gives. */
export type NumbersResult<Image> = RunResult<Image, Float32Array | BadInput>;

/** What the base makes of an image of a data set. */
export type BaseResult = RunResult<ViewedExample>;

/** What the base is to run on. */
export interface BaseWork {
  readonly images: readonly ViewedExample[];
  readonly signal: AbortSignal;
  /** Takes the processor time of threads, in seconds by step. */
  readonly times: Record<string, number>;
  /** Takes what is found inside JPEGs; where it is missing, none is looked at. */
  readonly damage?: DamageFindings | undefined;
}

/** What runs a network: a session, or an engine. */
export type Runner = Pick<Session, 'run'>;

/** What a network makes of one image. */
export type ImageOutput = Pick<SessionOutput, 'data' | 'bytes'>;

/** Whether an image could not be read, so that there is nothing but the reason. */
export function isBad(result: object): result is BadInput {
  return 'reason' in result;
}

/** Runs a network on single images, several under way at a time. */
export class ImageRunner {
  readonly #inputs: ReusedArrays;

  constructor(
    readonly session: Runner,
    readonly rules: InputRules,
  ) {
    const { size, channels } = rules;
    this.#inputs = new ReusedArrays(size[0] * size[1] * channels);
  }

  /** Reads an image and runs the network on it. */
  async run(source: ImageSource, options: Omit<ReadOptions, 'target'> = {}): Promise<ImageOutput | BadInput> {
    const target = this.#inputs.take();
    try {
      const read = await readImage(source, this.rules, { ...options, target });
      return isBad(read) ? read : await this.session.run(read.input, read.shape);
    } finally {
      this.#inputs.giveBack(target);
    }
  }
}

/** Where images come from and how they are seen. */
export interface ImageOptions<Image> {
  readonly rules: InputRules;
  /** Opens an image. What it throws of a bad one (`bad-image`) is that image's result. */
  readonly open: (image: Image) => ImageSource | Promise<ImageSource>;
  /** How an image is looked at, and what its bytes must be; as it is, where nothing is said. */
  readonly optionsOf?: ((image: Image) => Pick<ReadOptions, 'hash' | 'view'>) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How many images are read and run while one is waited for. Default: 4. */
  readonly prefetched?: number | undefined;
}

/** How the images of a data set are opened: each must be what it was when the folder was looked through. */
export const asExamples = {
  open: ({ example: { file } }: ViewedExample) => file,
  optionsOf: ({ example: { hash }, view }: ViewedExample) => ({ hash, view }),
};

/** Images that are read while the network runs on one: as many as Node decodes at a time. */
const defaultPrefetched = 4;

/**
 * Runs a network on images one by one; the next ones are read meanwhile.
 * @returns in the images' order
 * @throws the signal's reason once it is aborted
 */
export async function* predictImages<Image>(
  session: Runner,
  images: Iterable<Image>,
  { rules, open, optionsOf, signal, prefetched = defaultPrefetched }: ImageOptions<Image>,
): AsyncGenerator<NumbersResult<Image>> {
  const runner = new ImageRunner(session, rules);
  const predict = async (image: Image) => {
    let narrowRange: ValueRange | undefined;
    const onNarrowRange = (range: ValueRange) => {
      narrowRange = range;
    };
    const options = { ...optionsOf?.(image), onNarrowRange };
    const result = await openImage(image, open, source => runner.run(source, options));
    return { image, outcome: isBad(result) ? result : result.data, narrowRange };
  };
  yield* prefetch(images, predict, { count: prefetched, signal });
}

async function openImage<Image, Result extends object>(
  image: Image,
  open: ImageOptions<Image>['open'],
  use: (source: ImageSource) => Promise<Result>,
): Promise<Result | BadInput> {
  let source: ImageSource;
  try {
    source = await open(image);
  } catch (error) {
    return { reason: reasonOfBadImage(error) };
  }
  return use(source);
}
