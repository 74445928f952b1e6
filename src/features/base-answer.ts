// What the frozen base says of an image, wherever it runs.

import type { Example } from '../data/data-set.js';
import type { QuantizedFeatures } from './store/record.js';

/** Features of one image, or why there are none. */
export type Outcome = Float32Array | QuantizedFeatures | { readonly reason: string };

export interface BaseAnswer {
  readonly image: Example;
  readonly outcome: Outcome;
  /** Seconds by step: `read`, `decode`, `preprocess`, `base`; waiting for others' work included. */
  readonly seconds: Readonly<Record<string, number>>;
}
