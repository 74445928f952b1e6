// The frozen base on an engine: on a GPU it is faster there than in ONNX Runtime on the processors. The same code
// runs on every device; only how much memory there is differs.

import { type Tensor, tensor, tidy } from '@tensorflow/tfjs-core';
import type { LayersModel } from '@tensorflow/tfjs-layers';

/** A network that is ready to run on the engine that is started. */
export interface EngineBase {
  /**
   * Runs all images, as many at a time as memory holds.
   * @param input `[n, height, width, 3]`, preprocessed
   * @returns `[n, ...]`
   */
  run(input: Float32Array, shape: readonly number[]): Promise<Features>;
  /** Frees the weights. */
  release(): void;
}

/** The part of a tfjs model that is used. */
export type BaseModel = Pick<LayersModel, 'layers' | 'predictOnBatch' | 'dispose'>;

/** Beyond this no GPU gains anything, and decoding could not keep up. */
const largestBatch = 256;

/** Input, output and workspace of a convolution, in outputs of the largest layer. */
const outputsAtOnce = 4;

/**
 * @param freeBytes memory that the device has free, weights already loaded
 */
export function openEngineBase(model: BaseModel, freeBytes: number): EngineBase {
  let batchSize = planBatchSize(model, freeBytes);
  return {
    async run(input, shape) {
      const [images = 0, ...imageShape] = shape;
      const imageSize = input.length / images;
      const parts: Features[] = [];
      for (let first = 0; first < images; ) {
        const count = Math.min(batchSize, images - first);
        const batch = input.subarray(first * imageSize, (first + count) * imageSize);
        const features = await tryBatch(model, batch, [count, ...imageShape]);
        if (features === undefined && count === 1)
          throw new Error('The GPU has too little memory for one image.');
        // What the plan left out (fragments, other programs) shows only now.
        if (features === undefined) batchSize = Math.ceil(count / 2);
        else {
          parts.push(features);
          first += count;
        }
      }
      return joinFeatures(parts, images);
    },
    release: () => {
      model.dispose();
    },
  };
}

/** Images at a time, so that the largest layer fits into the free memory. */
export function planBatchSize({ layers }: Pick<BaseModel, 'layers'>, freeBytes: number): number {
  const sizes = layers.flatMap(({ outputShape }) => {
    const shapes = (Array.isArray(outputShape[0]) ? outputShape : [outputShape]) as (number | null)[][];
    return shapes.map(shape => shape.reduce<number>((size, each) => size * (each ?? 1), 1));
  });
  const bytesPerImage = outputsAtOnce * Float32Array.BYTES_PER_ELEMENT * Math.max(1, ...sizes);
  return Math.max(1, Math.min(largestBatch, Math.floor(freeBytes / bytesPerImage)));
}

/** `[n, ...]` */
interface Features {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** @returns undefined when the device ran out of memory */
async function tryBatch(
  model: BaseModel,
  images: Float32Array,
  shape: number[],
): Promise<Features | undefined> {
  let output: Tensor | undefined;
  try {
    output = tidy(() => model.predictOnBatch(tensor(images, shape)) as Tensor);
    return { data: await output.data<'float32'>(), shape: output.shape };
  } catch (error) {
    if (/out of memory|resource ?exhausted|\bOOM\b/i.test(String(error))) return undefined;
    throw error;
  } finally {
    output?.dispose();
  }
}

function joinFeatures(parts: readonly Features[], images: number): Features {
  const [, ...shape] = parts[0]?.shape ?? [];
  const data = new Float32Array(parts.reduce((length, part) => length + part.data.length, 0));
  let end = 0;
  for (const part of parts) {
    data.set(part.data, end);
    end += part.data.length;
  }
  return { data, shape: [images, ...shape] };
}
