// A trained classifier, or a backbone with its ImageNet top, ready to answer. Imports no tfjs: it must start at once.

import { join } from 'node:path';
import { loadCard } from '../backbones/card.js';
import { resolveBackbone } from '../backbones/resolve.js';
import { readInput } from '../data/read-input.js';
import { FinetuneError } from '../errors.js';
import { loadLayersModel } from '../keras/layers-model.js';
import { compileOnnx } from '../runtime/onnx/compile.js';
import { openSession, type Session } from '../runtime/session.js';
import type { Card } from '../types.js';
import { resolveRun } from './run-folder.js';

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
  return classifierOf(card, await openSession(join(dir, 'model.onnx')));
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
  return classifierOf(card, await openSession(compileOnnx(await loadLayersModel(dir))));
}

function classifierOf(card: Card, session: Session): Classifier {
  const [height, width] = card.inputShape;
  if (card.classNames === undefined || height === null || width === null) {
    throw new FinetuneError(
      'bad-model',
      `The card of ${card.name} lacks its class names or its input shape.`,
    );
  }
  const rules = { size: [height, width], resize: card.resize, preprocessing: card.preprocessing } as const;
  return {
    classNames: card.classNames,
    async classify(image) {
      const { input, shape } = await readInput(image, rules);
      const { data } = await session.run(input, shape);
      return data;
    },
    close: () => session.release(),
  };
}
