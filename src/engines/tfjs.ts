// tfjs' core, by `require`: an `import` first searches its 1.2 MB for names, which takes longer than running it.

import { createRequire } from 'node:module';
import type * as core from '@tensorflow/tfjs-core';

/** All of tfjs' core. */
const tf: typeof core = createRequire(import.meta.url)('@tensorflow/tfjs-core');

/** The types that go by the same name. */
declare namespace tf {
  export type NamedTensorMap = core.NamedTensorMap;
  export type Rank = core.Rank;
  export type Scalar = core.Scalar;
  export type Tensor<R extends Rank = Rank> = core.Tensor<R>;
  export type Tensor1D = core.Tensor1D;
  export type Tensor2D = core.Tensor2D;
  export type Tensor4D = core.Tensor4D;
  export type Variable<R extends Rank = Rank> = core.Variable<R>;
}

export { tf };
