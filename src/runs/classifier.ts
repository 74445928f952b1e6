// A trained classifier, or a backbone with its ImageNet top, ready to predict. Imports no tfjs: it must start at once.

import { join } from 'node:path';
import type { Card } from '../backbones/card.js';
import { loadCard } from '../backbones/card.js';
import { classNamesOf, classProbabilities } from '../backbones/class-scores.js';
import { resolveBackbone } from '../backbones/resolve.js';
import type { InputRules } from '../data/image-rules.js';
import { type ImageSource, readGoodImage, reasonOfBadImage } from '../data/read-image.js';
import { FinetuneError } from '../errors.js';
import { compileOnnx } from '../formats/onnx/compile.js';
import { loadLayersModel } from '../formats/tfjs-layers/layers-model.js';
import { type DeclaredShape, openSession, type Session } from '../inference/session.js';
import { prefetch } from '../system/prefetch.js';
import { loadFeatureNetwork } from './feature-network.js';
import { resolveRun } from './record.js';

export type { ImageSource } from '../data/read-image.js';

/** An image that is read when its turn comes: a path, bytes, an example of a data set, whatever opens itself. */
export type OpenableImage = ImageSource | { readonly file: string } | { read(): Promise<Uint8Array> };

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
  /** Of all classes, in the order of `classNames`. */
  readonly probabilities: Float32Array;
}

/** Which classifier to load. */
export interface ClassifierOptions {
  /** A run's folder; the newest finished run under ./runs where neither it nor a backbone is named. */
  readonly model?: string | undefined;
  /** A backbone that still has its ImageNet top, instead of a run. */
  readonly backbone?: string | undefined;
  /** How many classes `top` names. Default: 5. */
  readonly top?: number | undefined;
}

/** A loaded classifier. It keeps its model in memory until it is closed. */
export interface Classifier {
  /** The run's folder or the backbone's name. */
  readonly name: string;
  readonly classNames: readonly string[];
  /**
   * Predicts one image.
   * @throws FinetuneError `bad-image`; `bad-model` where the model gives something other than numbers
   */
  classify(image: ImageSource): Promise<Classification>;
  /**
   * Predicts images in their order, reading ahead. A bad image gives its reason and stops nothing.
   * @example for await (const { image, label } of classifier.classifyAll(['a.jpg', 'b.jpg'])) console.log(image, label);
   */
  classifyAll<Image extends OpenableImage>(
    images: Iterable<Image>,
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
 * @throws FinetuneError `not-found` | `not-prepared` | `bad-model`
 * @example
 * const classifier = await loadClassifier('runs/pets');
 * const { label, confidence } = await classifier.classify('dog.jpg');
 * await classifier.close();
 */
export async function loadClassifier(source: string | ClassifierOptions = {}): Promise<Classifier> {
  const { model, backbone, top = 5 } = typeof source === 'string' ? { model: source } : source;
  if (model !== undefined && backbone !== undefined) {
    throw new FinetuneError('bad-option', '--model and --backbone exclude each other: choose one.');
  }
  const opened = backbone === undefined ? await openRun(model) : await openBackbone(backbone);
  try {
    return new LoadedClassifier(validate(opened), top);
  } catch (error) {
    await opened.session.release();
    throw error;
  }
}

/** A model and what goes with it. */
interface Opened {
  readonly name: string;
  /** The file that a message names. */
  readonly path: string;
  /** The folder with model.json and card.json. */
  readonly folder: string;
  readonly card: Card;
  readonly session: Session;
}

async function openRun(model: string | undefined): Promise<Opened> {
  const { dir } = await resolveRun(model);
  const folder = join(dir, 'model');
  const path = join(dir, 'model.onnx');
  return { name: dir, path, folder, card: await loadCard(folder), session: await openSession(path) };
}

async function openBackbone(name: string): Promise<Opened> {
  const { dir, card } = await resolveBackbone(name);
  classNamesOf(card);
  const session = await openSession(compileOnnx(await loadLayersModel(dir, card.sha256)));
  return { name, path: join(dir, 'model.json'), folder: dir, card, session };
}

/** An opened model whose card says what it takes and what it gives. */
interface Validated extends Opened {
  readonly rules: InputRules;
  readonly classNames: readonly string[];
}

/** @throws FinetuneError `bad-model` where the model and its card come from different networks */
function validate(opened: Opened): Validated {
  const { card, session, path } = opened;
  const [height, width] = card.inputShape;
  if (card.classNames === undefined || height === null || width === null) {
    throw new FinetuneError(
      'bad-model',
      `The card of ${card.name} lacks its class names or its input shape.`,
    );
  }
  const agree = (what: string, declared: DeclaredShape, expected: readonly (number | null)[]) => {
    const differs = declared.some((size, i) => typeof size === 'number' && size !== expected[i]);
    if (!differs) return;
    throw new FinetuneError(
      'bad-model',
      `${path} does not go with its card.json: the ${what} of the model is ${declared.join('x')}, ` +
        `that of the card ${expected.join('x')}. Put back the files that belong together, or make the model anew.`,
    );
  };
  agree('input shape', session.inputShape.slice(1), card.inputShape);
  const [outputs] = session.outputShape.slice(-1);
  const isBinary = outputs === 1 && card.classNames.length === 2;
  if (!isBinary) agree('number of classes', session.outputShape.slice(-1), [card.classNames.length]);
  const { resize, preprocessing } = card;
  const rules: InputRules = { size: [height, width], channels: card.inputShape[2], resize, preprocessing };
  return { ...opened, rules, classNames: card.classNames };
}

/** Images whose decoding has begun while one is being classified. */
const prefetched = 4;

class LoadedClassifier implements Classifier {
  readonly name: string;
  readonly classNames: readonly string[];
  /** Opened when features are asked for: they cost another model in memory. */
  #features: Promise<Session> | undefined;

  constructor(
    readonly opened: Validated,
    readonly top: number,
  ) {
    this.name = opened.name;
    this.classNames = opened.classNames;
  }

  async classify(image: ImageSource): Promise<Classification> {
    const outputs = await this.#run(this.opened.session, image);
    const probabilities = classProbabilities(outputs, this.classNames);
    const ranked = rankClasses(probabilities, this.classNames);
    const [best] = ranked;
    if (best === undefined) throw new FinetuneError('bad-model', `${this.opened.path} gives no classes.`);
    return { ...best, top: ranked.slice(0, this.top), probabilities };
  }

  async *classifyAll<Image extends OpenableImage>(images: Iterable<Image>) {
    yield* prefetch(images, image => this.#classifyOrExplain(image), { count: prefetched });
  }

  async features(image: ImageSource): Promise<Float32Array> {
    this.#features ??= loadFeatureNetwork(this.opened).then(network => openSession(compileOnnx(network)));
    return this.#run(await this.#features, image);
  }

  async close(): Promise<void> {
    await this.opened.session.release();
    await (await this.#features?.catch(() => undefined))?.release();
  }

  async #run(session: Session, image: ImageSource): Promise<Float32Array> {
    const { input, shape } = await readGoodImage(validateSource(image), this.opened.rules);
    const { data } = await session.run(input, shape);
    if (data.every(Number.isFinite)) return data;
    throw new FinetuneError(
      'bad-model',
      `${this.opened.path} gives values that are no numbers: it is damaged, or takes other pixels than its card says. ` +
        'Train or prepare it again.',
    );
  }

  async #classifyOrExplain<Image extends OpenableImage>(image: Image) {
    try {
      return { image, ...(await this.classify(await openImage(image))) };
    } catch (error) {
      return { image, error: reasonOfBadImage(error) };
    }
  }
}

function openImage(image: OpenableImage): ImageSource | Promise<ImageSource> {
  if (typeof image === 'string' || image instanceof Uint8Array) return image;
  return 'file' in image ? image.file : image.read();
}

function validateSource(image: ImageSource): ImageSource {
  if (typeof image === 'string' || image instanceof Uint8Array) return image;
  throw new FinetuneError(
    'bad-option',
    `An image is a path or the bytes of a file. Received: ${typeof image}.`,
  );
}

/** Best first. */
function rankClasses(probabilities: Float32Array, classNames: readonly string[]): ScoredClass[] {
  return classNames
    .map((label, i) => ({ label, confidence: probabilities[i] ?? 0 }))
    .sort((a, b) => b.confidence - a.confidence);
}
