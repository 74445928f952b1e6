// What a head is trained on.

import type { Subset } from '../data/data-set.js';

/** What the tail is trained on: `features` is `[labels.length, size]`, row-major. */
export interface LabelledFeatures {
  readonly features: Float32Array;
  readonly labels: Int32Array;
  readonly size: number;
}

/** Features and labels of each subset. */
export type Sides = Readonly<Record<Subset, LabelledFeatures>>;
