// What a network's outputs say about its classes, as its card names them.

import { FinetuneError } from '../errors.js';
import type { Card } from './card.js';

/**
 * The names of the classes that a backbone tells apart.
 * @throws FinetuneError `bad-model` where it has none, or nobody said what they are called
 */
export function classNamesOf(card: Card): readonly string[] {
  if (card.classNames !== undefined) return card.classNames;
  if (card.featureLayer === undefined) {
    throw new FinetuneError(
      'bad-model',
      `Backbone ${card.name} has no top: it gives features, not classes. Train a head with finetune train ` +
        `--backbone ${card.name}, or use one with its top, e.g. efficientnet-lite0.`,
    );
  }
  throw new FinetuneError(
    'bad-model',
    `The card of backbone ${card.name} does not say what its classes are called. ` +
      'Prepare it again with their names: finetune prepare --from FILE --force --class-names a,b,c (or a file with one per line).',
  );
}

/**
 * A probability per class name. A single output (a sigmoid) for two names is that of the second, as Keras numbers the
 * folders of a binary data set.
 * @param outputs of one image, as the network gives them
 * @throws FinetuneError `bad-model` for what is no probability
 */
export function classProbabilities(outputs: Float32Array, { length }: readonly string[]): Float32Array {
  const strange = outputs.find(value => value < -tolerance || value > 1 + tolerance);
  if (strange !== undefined) {
    throw new FinetuneError(
      'bad-model',
      `The network gives ${strange} for a class, which is no probability. Expected a top that ends in a softmax or a sigmoid. ` +
        'Prepare it again: where it ends in a layer without activation, one is put on top; elsewhere put it there yourself.',
    );
  }
  const [second] = outputs;
  if (length !== 2 || outputs.length !== 1 || second === undefined) return outputs;
  return Float32Array.of(1 - second, second);
}

/** Sums of a softmax are not exact. */
const tolerance = 1e-3;

/** How many outputs go with so many names. */
export function outputsFit(outputs: number | null, names: readonly string[]): boolean {
  return outputs === names.length || (outputs === 1 && names.length === 2);
}
