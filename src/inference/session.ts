// An ONNX model that is ready to run in this process.

import type { InferenceSession } from 'onnxruntime-node';
import { FinetuneError } from '../errors.js';
import { measureFile } from '../system/read-failure.js';
import type { ImageBatchShape, SessionOutput } from './batch.js';
import type { DeviceName } from './devices.js';
import { badModel, importRuntime, openInference } from './runtime.js';

export { type ImageBatch, type ImageBatchShape, joinBatches, type SessionOutput } from './batch.js';

/** Larger files are refused before they are read: ONNX itself ends at 2 GiB. */
const largestModelBytes = 2 ** 31 - 1;

/** Models of more bytes of weights are opened once, for all threads together. */
export const largeWeights = 32 * 2 ** 20;

/** A network that is ready to run. */
export interface Session {
  /** As the model declares them: a number per fixed dimension, a name per open one; empty where it does not say. */
  readonly inputShape: DeclaredShape;
  readonly outputShape: DeclaredShape;
  /**
   * Runs the model.
   * @param input `[n, height, width, channels]`, preprocessed
   * @param shape of `input`
   * @returns `[n, ...]` in Keras' order
   */
  run(input: Float32Array, shape: ImageBatchShape): Promise<SessionOutput>;
  /** Frees the model's memory; it cannot run afterwards. */
  release(): Promise<void>;
}

/** The shape of an input or output as its model declares it. */
export type DeclaredShape = readonly (number | string)[];

/** How a session runs. */
export interface SessionOptions {
  /** What the model runs on; by default the CPU. Another one may take the process with it: see device-session.ts. */
  readonly device?: DeviceName | undefined;
  /** Threads of the model's operators; by default as many as there are processors. */
  readonly threads?: number;
  /** What the numbers of a uint8 output stand for: `value = (q - zeroPoint) * scale`. */
  readonly output?: { readonly scale: number; readonly zeroPoint: number } | undefined;
}

/**
 * Opens a model from its bytes or its file.
 * @throws FinetuneError `not-found` | `bad-model`
 */
export async function openSession(
  model: Uint8Array | string,
  options: SessionOptions = {},
): Promise<Session> {
  if (typeof model === 'string') await checkFile(model);
  const { Tensor } = await importRuntime();
  const inference = await openInference(model, options);
  const [inputName] = inference.inputNames;
  const [outputName] = inference.outputNames;
  if (inputName === undefined || outputName === undefined || inference.inputNames.length > 1) {
    await inference.release();
    throw badModel(model, `it has ${inference.inputNames.length} inputs; expected one image`);
  }
  const run = async (input: Float32Array, shape: ImageBatchShape): Promise<SessionOutput> => {
    const tensor = new Tensor('float32', input, shape);
    const { [outputName]: output } = await inference.run({ [inputName]: tensor }, [outputName]);
    if (output?.data instanceof Float32Array) return { data: output.data, shape: output.dims };
    if (output?.data instanceof Uint8Array && options.output !== undefined) {
      const { scale, zeroPoint } = options.output;
      const data = Float32Array.from(output.data, q => (q - zeroPoint) * scale);
      return { data, shape: output.dims, bytes: output.data };
    }
    throw badModel(model, `its output is ${output?.type ?? 'missing'}`);
  };
  return {
    inputShape: declaredShape(inference.inputMetadata[0]),
    outputShape: declaredShape(inference.outputMetadata[0]),
    run,
    release: () => inference.release(),
  };
}

function declaredShape(metadata: InferenceSession.ValueMetadata | undefined): DeclaredShape {
  return metadata?.isTensor ? metadata.shape : [];
}

async function checkFile(path: string): Promise<void> {
  const size = await measureFile(path);
  if (size === 'is missing')
    throw new FinetuneError(
      'not-found',
      `${path} ${size}. Expected an ONNX model as finetune train writes it.`,
    );
  if (typeof size === 'string') throw badModel(path, `it ${size}`);
  if (size > largestModelBytes) throw badModel(path, `it is ${size} bytes long`);
}
