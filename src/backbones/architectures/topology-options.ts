// What every architecture can be built with.

import type { Size } from '../../network/shape-rules.js';

/** Options that every architecture takes. */
export interface TopologyOptions {
  /** Height and width in pixels; null is open. */
  readonly inputSize: readonly [Size, Size];
  /** With the 1000 ImageNet classes on top. */
  readonly includeTop: boolean;
}
