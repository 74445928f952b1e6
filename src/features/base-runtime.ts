// Where the frozen base runs: in ONNX Runtime on the processors, or with the tensorflow engine on a CUDA GPU.

import type { Example } from '../data/data-set.js';
import type { Engine } from '../engines/start.js';
import type { Context } from '../system/context.js';
import type { Base } from './base.js';
import type { BaseAnswer } from './base-answer.js';
import { runOnProcessors } from './base-on-processors.js';
import { inFloat, type Precision, type PrecisionRequest, resolvePrecision } from './precision.js';

export interface BaseRuntime {
  readonly name: 'onnxruntime' | 'tfjs';
  readonly precision: Precision;
  /**
   * Decodes images and runs the base on them; the next ones are decoded meanwhile.
   * @returns an answer per image, in their order
   */
  run(images: readonly Example[]): AsyncIterable<BaseAnswer>;
}

/** A GPU runs the base in float32, whatever its speed on bytes would be; bytes that are asked for need the processors. */
export async function chooseRuntime(
  base: Base,
  engine: Engine,
  request: PrecisionRequest,
  context: Context,
): Promise<BaseRuntime> {
  if (engine.device === 'cuda' && request.wanted !== 'int8') {
    return {
      name: 'tfjs',
      // Sums in another order: what one runtime stored is not to be mixed with the other's.
      precision: { ...inFloat('on the GPU'), fingerprint: 'tfjs cuda' },
      async *run(images) {
        // It loads the decoder, which in the other case the threads alone need.
        const { runOnEngine } = await import('./base-on-engine.js');
        yield* runOnEngine(base, images);
      },
    };
  }
  const precision = await resolvePrecision(base, request, context);
  return {
    name: 'onnxruntime',
    precision,
    run: images => runOnProcessors(base, precision, images),
  };
}
