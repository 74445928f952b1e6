// From images to what a network makes of them: the upper half of the image path, for extraction, predicting, evaluating
// and comparing alike. A bad image is a result like others; a failure of the network is thrown.

import type { Example } from '../data/data-set.js';
import type { InputRules, View } from '../data/image-rules.js';
import {
  type BadInput,
  type ImageSource,
  type NetworkInput,
  type ReadOptions,
  readImage,
  reasonOfBadImage,
} from '../data/read-image.js';
import type { ValueRange } from '../data/value-range.js';
import { joinBatches, type Session, type SessionOutput } from '../inference/session.js';
import { prefetch } from '../system/prefetch.js';
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
export interface BaseResult {
  readonly image: ViewedExample;
  readonly outcome: Outcome;
  /** The range of a 16-bit image that uses a small part of what is possible. */
  readonly narrowRange?: ValueRange | undefined;
  /** The picture by which copies of it are found, where it was seen in full: grey, `[pictureSide, pictureSide]`. */
  readonly picture?: Uint8Array | undefined;
}

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
  /** Inputs that no image is in: used again and again, they spare the system half a megabyte per image. */
  readonly #freeInputs: Float32Array[] = [];

  constructor(
    readonly session: Runner,
    readonly rules: InputRules,
  ) {}

  /** Reads an image and runs the network on it. */
  async run(source: ImageSource, options: Omit<ReadOptions, 'target'> = {}): Promise<ImageOutput | BadInput> {
    const { size, channels } = this.rules;
    const target = this.#freeInputs.pop() ?? new Float32Array(size[0] * size[1] * channels);
    try {
      const read = await readImage(source, this.rules, { ...options, target });
      return isBad(read) ? read : await this.session.run(read.input, read.shape);
    } finally {
      this.#freeInputs.push(target);
    }
  }
}

/** Where images come from and how they are seen. */
export interface ImageOptions<Image> {
  readonly rules: InputRules;
  /** Opens an image. What it throws of a bad one (`bad-image`) is that image's result. */
  readonly open: (image: Image) => ImageSource | Promise<ImageSource>;
  /** How an image is looked at, what its bytes must be, and who is told of them; as it is, where nothing is said. */
  readonly optionsOf?: ((image: Image) => Omit<ReadOptions, 'into'>) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** How many images are read and run while one is waited for, where they run one by one. Default: 4. */
  readonly prefetched?: number | undefined;
  /** How many images run together, where they run by batches; as many again are read meanwhile. Default: 64. */
  readonly batchSize?: number | undefined;
}

/** How the images of a data set are opened: each must be what it was when the folder was looked through. */
export const asExamples = {
  open: ({ example: { file } }: ViewedExample) => file,
  optionsOf: ({ example: { hash }, view }: ViewedExample) => ({ hash, view }),
};

/** An image with what the network makes of it, or with the reason why it cannot be read. */
export type ImageResult<Image> =
  | { readonly image: Image; readonly output: Float32Array; readonly reason?: undefined }
  | { readonly image: Image; readonly output?: undefined; readonly reason: string };

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
): AsyncGenerator<ImageResult<Image>> {
  const runner = new ImageRunner(session, rules);
  const predict = async (image: Image): Promise<ImageResult<Image>> => {
    const result = await openImage(image, open, source => runner.run(source, optionsOf?.(image)));
    return isBad(result) ? { image, reason: result.reason } : { image, output: result.data };
  };
  yield* prefetch(images, predict, { count: prefetched, signal });
}

/** The same, by batches: faster where a network runs on many images at once, as on a GPU. */
export async function* predictBatches<Image>(
  session: Runner,
  images: Iterable<Image>,
  { rules, open, optionsOf, signal, batchSize = 64 }: ImageOptions<Image>,
): AsyncGenerator<ImageResult<Image>> {
  const read = async (image: Image) => ({
    image,
    input: await openImage(image, open, source => readImage(source, rules, optionsOf?.(image))),
  });
  let batch: ReadImage<Image>[] = [];
  for await (const each of prefetch(images, read, { count: batchSize, signal })) {
    batch.push(each);
    if (batch.length < batchSize) continue;
    yield* runBatch(session, batch);
    batch = [];
  }
  yield* runBatch(session, batch);
}

interface ReadImage<Image> {
  readonly image: Image;
  readonly input: NetworkInput | BadInput;
}

async function* runBatch<Image>(
  session: Runner,
  batch: readonly ReadImage<Image>[],
): AsyncGenerator<ImageResult<Image>> {
  const inputs = batch.flatMap(({ input }) => (isBad(input) ? [] : input));
  const outputs = inputs.length === 0 ? [] : await runTogether(session, inputs);
  let next = 0;
  for (const { image, input } of batch) {
    const output = isBad(input) ? undefined : outputs[next++];
    if (output !== undefined) yield { image, output };
    else if (isBad(input)) yield { image, reason: input.reason };
  }
}

/** @returns what the network makes of each input */
async function runTogether(session: Runner, inputs: readonly NetworkInput[]): Promise<Float32Array[]> {
  const { input, shape } = joinBatches(inputs);
  const { data } = await session.run(input, shape);
  const size = data.length / inputs.length;
  return inputs.map((_, i) => data.slice(i * size, (i + 1) * size));
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
