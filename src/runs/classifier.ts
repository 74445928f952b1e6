// A trained classifier, or a backbone with its ImageNet top, ready to answer. Imports no tfjs: it must start at once.

import { join } from 'node:path';
import type { Card } from '../backbones/card.js';
import { loadCard } from '../backbones/card.js';
import { resolveBackbone } from '../backbones/resolve.js';
import type { InputRules } from '../data/image-rules.js';
import { readGoodImage } from '../data/read-image.js';
import { FinetuneError } from '../errors.js';
import { compileOnnx } from '../formats/onnx/compile.js';
import { loadLayersModel } from '../formats/tfjs-layers/layers-model.js';
import { type DeclaredShape, openSession, type Session } from '../inference/session.js';
import { resolveRun } from './folder.js';

export interface Classifier {
  readonly classNames: readonly string[];
  /**
   * Probabilities of one image, in the order of the class names.
   * @param image a path or the bytes of an image file
   * @throws FinetuneError `bad-image`
   */
  classify(image: string | Buffer): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * Opens a run's model, or a backbone that still has its top.
 * @throws FinetuneError `not-found` | `not-prepared` | `bad-model`
 */
export async function openClassifier(source: {
  readonly model?: string | undefined;
  readonly backbone?: string | undefined;
}): Promise<Classifier> {
  if (source.model !== undefined && source.backbone !== undefined) {
    throw new FinetuneError('bad-option', '--model and --backbone exclude each other: one network answers.');
  }
  return source.backbone === undefined ? openRun(source.model) : openBackbone(source.backbone);
}

async function openRun(model: string | undefined): Promise<Classifier> {
  const { dir } = await resolveRun(model);
  const card = await loadCard(join(dir, 'model'));
  const path = join(dir, 'model.onnx');
  return openModel(path, card, await openSession(path));
}

async function openBackbone(name: string): Promise<Classifier> {
  const { dir, card } = await resolveBackbone(name);
  if (card.classNames === undefined) {
    throw new FinetuneError(
      'bad-model',
      `Backbone ${name} has no top: it gives features, not classes. Train a head with finetune train ` +
        `--backbone ${name}, or use one with its top, e.g. efficientnet-lite0.`,
    );
  }
  const session = await openSession(compileOnnx(await loadLayersModel(dir)));
  return openModel(join(dir, 'model.json'), card, session);
}

async function openModel(path: string, card: Card, session: Session): Promise<Classifier> {
  try {
    const classifier = classifierOf(card, session);
    validateAgreement(path, card, session);
    return classifier;
  } catch (error) {
    await session.release();
    throw error;
  }
}

/** @throws FinetuneError `bad-model` where the model and its card come from different networks */
function validateAgreement(path: string, card: Card, { inputShape, outputShape }: Session): void {
  const agree = (what: string, declared: DeclaredShape, expected: readonly (number | null)[]) => {
    const differs = declared.some((size, i) => typeof size === 'number' && size !== expected[i]);
    if (!differs) return;
    throw new FinetuneError(
      'bad-model',
      `${path} does not go with its card.json: the ${what} of the model is ${declared.join('x')}, ` +
        `that of the card ${expected.join('x')}. Put back the files that belong together, or make the model anew.`,
    );
  };
  agree('input shape', inputShape.slice(1), card.inputShape);
  agree('number of classes', outputShape.slice(-1), [card.classNames?.length ?? null]);
}

function classifierOf(card: Card, session: Session): Classifier {
  const [height, width] = card.inputShape;
  if (card.classNames === undefined || height === null || width === null) {
    throw new FinetuneError(
      'bad-model',
      `The card of ${card.name} lacks its class names or its input shape.`,
    );
  }
  const rules: InputRules = {
    size: [height, width],
    channels: 3,
    resize: card.resize,
    preprocessing: card.preprocessing,
  };
  return {
    classNames: card.classNames,
    async classify(image) {
      const { input, shape } = await readGoodImage(image, rules);
      const { data } = await session.run(input, shape);
      return data;
    },
    close: () => session.release(),
  };
}
