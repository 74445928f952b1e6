// What lies beside a model's topology and weights, and is not to be guessed where somebody wrote it down.

import type { ResizeRule } from '../data/image-rules.js';

/** What a model's files tell besides its topology and weights. */
export interface ModelFacts {
  /** In the order of the outputs. */
  readonly classNames?: readonly string[] | undefined;
  /** A mode of Keras' `preprocess_input`. */
  readonly preprocessing?: string | undefined;
  /** How photos were cut for it. */
  readonly resize?: ResizeRule | undefined;
}
