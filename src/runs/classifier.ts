// A trained classifier, or a backbone with its ImageNet top, ready to predict. Imports no tfjs: it must start at once.

import { classProbabilities } from '../backbones/class-scores.js';
import type { ImageSource, ReadOptions } from '../data/read-options.js';
import type { ValueRange } from '../data/value-range.js';
import { FinetuneError, refuseOption } from '../errors.js';
import { ImageRunner, isBad } from '../features/run-images.js';
import { type DeviceName, deviceNames } from '../inference/devices.js';
import { averageOverMirror } from '../inference/mirrored-session.js';
import type { Session } from '../inference/session.js';
import { choice, type Given, integer, maybe, type OptionTable, text, withDefault } from '../option-kinds.js';
import { resolveOptions, validateObject } from '../options.js';
import { type Callbacks, withContext } from '../system/context.js';
import { type OpenModel, openBackbone, openRun } from './open-model.js';
import { type OpenableImage, runOnAll, validateSource } from './run-on-all.js';

export type { ImageSource } from '../data/read-options.js';
export type { OpenableImage } from './run-on-all.js';

/** A class and how probable it is. */
export interface ScoredClass {
  readonly label: string;
  /** Probability, 0 to 1. */
  readonly confidence: number;
}

/** What a classifier says of one image. */
export interface Classification extends ScoredClass {
  /** The most probable classes, best first. */
  readonly top: readonly ScoredClass[];
  /** The probabilities of all classes, in the order of `classNames`. */
  readonly probabilities: Float32Array;
  /** The smallest and the largest value of a 16-bit image that uses a quarter of the possible range or less. */
  readonly narrowRange?: ValueRange | undefined;
}

/** Options of `loadClassifier`, and of the verbs that predict. */
export const classifierOptions = {
  model: maybe(text("A run's folder (default: the newest finished run under ./runs)", 'a folder')),
  backbone: maybe(text('Use a backbone with its ImageNet top instead of a run', 'a name or a folder')),
  device: withDefault(
    choice(deviceNames, 'What the network runs on; the CPU where the device cannot be used'),
    'cpu',
  ),
  views: maybe(
    integer(1, 2, 'Looks at each image to average over: 2 adds its mirror (default: as the run was trained)'),
  ),
  top: withDefault(integer(1, 1000, 'How many classes to name per image'), 5),
} as const satisfies OptionTable;

/** Which classifier to load. */
export type ClassifierOptions = Given<typeof classifierOptions>;

/** A loaded classifier. It keeps its model in memory until it is closed. */
export interface Classifier {
  /** The run's folder or the backbone's name. */
  readonly name: string;
  readonly classNames: readonly string[];
  /** What the network runs on: the CPU, once another device has failed. */
  readonly device: DeviceName;
  /** The precision in which it computes there: int8 on the CPU, where the run's base does. */
  readonly precision: 'fp32' | 'int8';
  /**
   * Predicts one image.
   * @throws FinetuneError `bad-image`; `bad-model` where the model gives something other than numbers
   */
  classify(image: ImageSource): Promise<Classification>;
  /**
   * Predicts images in their order, reading the next ones meanwhile. A bad image gives its reason and stops nothing.
   * @throws the signal's reason once it is aborted
   * @example for await (const { image, label } of classifier.classifyAll(['a.jpg', 'b.jpg'])) console.log(image, label);
   */
  classifyAll<Image extends OpenableImage>(
    images: Iterable<Image>,
    callbacks?: Pick<Callbacks, 'signal'>,
  ): AsyncGenerator<
    | ({ readonly image: Image; readonly error?: undefined } & Classification)
    | { readonly image: Image; readonly error: string }
  >;
  /**
   * What the base says of an image before any head: for search, clustering, or a model of your own.
   * @returns the pooled features in float32, `[features]`, e.g. 1280 numbers
   * @throws FinetuneError `bad-image`
   */
  features(image: ImageSource): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * Loads a run, or a backbone that still has its top.
 * @param source a run's folder, or options; without it, the newest finished run under ./runs
 * @param callbacks `onEvent` hears a warning where the device cannot be used; `signal` stops the loading
 * @throws FinetuneError `not-found` | `not-prepared` | `bad-model`, `engine-missing` for a device that no build carries
 * @example
 * const classifier = await loadClassifier('runs/pets');
 * const { label, confidence } = await classifier.classify('dog.jpg');
 * await classifier.close();
 */
export async function loadClassifier(
  source: string | ClassifierOptions = {},
  callbacks: Callbacks = {},
): Promise<Classifier> {
  return withContext(callbacks, async ({ emit }) => {
    const given = typeof source === 'string' ? { model: source } : source;
    validateObject(given);
    const { model, backbone, device, top, views } = resolveOptions(classifierOptions, given);
    if (model !== undefined && backbone !== undefined) {
      refuseOption('--model and --backbone exclude each other: choose one.');
    }
    const on = { device, warn: (message: string) => emit({ type: 'warning', message }) };
    const opened = backbone === undefined ? await openRun(model, on) : await openBackbone(backbone, on);
    if (views === 2 && opened.card.mirrored)
      on.warn(`${opened.name} looks at each image and its mirror by itself: --views 2 changes nothing.`);
    return new LoadedClassifier(await seeInViews(opened, views), top);
  });
}

/** A network that averages over the mirror by itself need not be told to. */
async function seeInViews(opened: OpenModel, views: number | undefined): Promise<OpenModel> {
  const isMirrored = opened.card.mirrored === true;
  if (views === 1 && isMirrored) {
    await opened.session.release();
    refuseOption(
      `${opened.name} was trained on each image and its mirror, and its network looks at both by itself. ` +
        'Leave out --views 1, or train with --mirror no.',
    );
  }
  if (views !== 2 || isMirrored) return opened;
  return { ...opened, session: averageOverMirror(opened.session), forThreads: async () => undefined };
}

class LoadedClassifier implements Classifier {
  readonly name: string;
  readonly classNames: readonly string[];
  readonly #runner: ImageRunner;
  /** Opened when features are asked for: they cost another model in memory. */
  #features: Promise<{ readonly session: Session; readonly runner: ImageRunner }> | undefined;

  constructor(
    readonly opened: OpenModel,
    readonly top: number,
  ) {
    this.name = opened.name;
    this.classNames = opened.classNames;
    this.#runner = new ImageRunner(opened.session, opened.rules);
  }

  get device(): DeviceName {
    return this.opened.place().device;
  }

  get precision() {
    return this.opened.place().precision;
  }

  async classify(image: ImageSource): Promise<Classification> {
    const narrow: ValueRange[] = [];
    const onNarrowRange = (range: ValueRange) => void narrow.push(range);
    const output = await runOne(this.#runner, image, { onNarrowRange });
    return { ...this.#rank(output), narrowRange: narrow[0] };
  }

  async *classifyAll<Image extends OpenableImage>(
    images: Iterable<Image>,
    { signal }: Pick<Callbacks, 'signal'> = {},
  ) {
    for await (const { image, outcome, narrowRange } of runOnAll(this.opened, images, signal)) {
      if (isBad(outcome)) yield { image, error: outcome.reason };
      else yield { image, ...this.#rank(outcome), narrowRange };
    }
  }

  async features(image: ImageSource): Promise<Float32Array> {
    this.#features ??= this.#openFeatures();
    const { runner } = await this.#features;
    return this.#checkNumbers(await runOne(runner, image));
  }

  async close(): Promise<void> {
    await this.opened.session.release();
    await (await this.#features?.catch(() => undefined))?.session.release();
  }

  async #openFeatures() {
    const { openFeatureSession } = await import('./feature-network.js');
    const session = await openFeatureSession(this.opened);
    return { session, runner: new ImageRunner(session, this.opened.rules) };
  }

  #rank(output: Float32Array): Classification {
    const probabilities = classProbabilities(this.#checkNumbers(output), this.classNames);
    const ranked = rankClasses(probabilities, this.classNames);
    const [best] = ranked;
    if (best === undefined) throw new FinetuneError('bad-model', `${this.opened.path} gives no classes.`);
    return { ...best, top: ranked.slice(0, this.top), probabilities };
  }

  #checkNumbers(output: Float32Array): Float32Array {
    if (output.every(Number.isFinite)) return output;
    throw new FinetuneError(
      'bad-model',
      `${this.opened.path} gives values that are no numbers: it is damaged, or takes other pixels than its card says. ` +
        'Train or prepare it again.',
    );
  }
}

/** @throws FinetuneError `bad-image`, where there is nothing to do without it */
async function runOne(
  runner: ImageRunner,
  image: ImageSource,
  options?: Pick<ReadOptions, 'onNarrowRange'>,
): Promise<Float32Array> {
  const result = await runner.run(validateSource(image), options);
  if (isBad(result)) throw new FinetuneError('bad-image', result.reason);
  return result.data;
}

/** Best first. */
function rankClasses(probabilities: Float32Array, classNames: readonly string[]): ScoredClass[] {
  return classNames
    .map((label, i) => ({ label, confidence: probabilities[i] ?? 0 }))
    .sort((a, b) => b.confidence - a.confidence);
}
