// ONNX Runtime, loaded when it is first needed, quiet, and set up for this program.

import type { InferenceSession } from 'onnxruntime-node';
import { FinetuneError, messageOf } from '../errors.js';
import { countProcessors, overflowsByteSums } from '../system/processors.js';
import { explainCuda } from './cuda/explain.js';
import { loadCuda, prepareRuntime } from './cuda/load.js';

/** How the runtime opens a model. */
export interface InferenceOptions {
  /** Threads of the model's operators; by default as many as there are processors. */
  readonly threads?: number | undefined;
  /** ONNX Runtime's name of what the model runs on; by default the CPU. */
  readonly device?: string | undefined;
  /** Where to write the graph as ONNX Runtime optimized it. */
  readonly optimizedModelPath?: string | undefined;
}

/**
 * Opens a model from its bytes or its file.
 * @throws FinetuneError `bad-model`
 */
export async function openInference(
  model: Uint8Array | string,
  options: InferenceOptions = {},
): Promise<InferenceSession> {
  const { InferenceSession } = await importRuntime();
  try {
    if (options.device === 'cuda') await loadCuda();
    // Two calls, because the overloads of `create` take no union.
    return typeof model === 'string'
      ? await InferenceSession.create(model, planOptions(options))
      : await InferenceSession.create(model, planOptions(options));
  } catch (cause) {
    if (options.device !== undefined && options.device !== 'cpu') throw badDevice(options.device, cause);
    throw badModel(model, messageOf(cause), cause);
  }
}

/** What to throw for a model that is not one of ours. */
export function badModel(model: Uint8Array | string, reason: string, cause?: unknown): FinetuneError {
  const name = typeof model === 'string' ? model : 'The compiled network';
  return new FinetuneError(
    'bad-model',
    `${name} cannot be run: ${reason}. Expected an ONNX model as finetune train writes it.`,
    { cause },
  );
}

function badDevice(device: string, cause: unknown): FinetuneError {
  const said = messageOf(cause);
  const reason = device === 'cuda' ? explainCuda(said) : explainDevice(said);
  return new FinetuneError('engine-missing', `${device} does not start: ${reason}`, { cause });
}

/** ONNX Runtime's own messages begin with places in its source, and end with what happened. */
function explainDevice(said: string): string {
  if (!/No supported adapters/.test(said)) return said.trim().replace(/^.* was false\. /s, '');
  return 'there is no GPU with a driver for Vulkan, Direct3D 12 or Metal. Install the driver of your GPU, or update it';
}

/** Loads the native library without the usage data that its prebuilt form sends unless told not to. */
export async function importRuntime(): Promise<typeof import('onnxruntime-node')> {
  process.env.ORT_DISABLE_TELEMETRY = '1';
  prepareRuntime();
  const runtime = await import('onnxruntime-node');
  runtime.env.logLevel = 'fatal';
  return runtime;
}

function planOptions({
  threads,
  device = 'cpu',
  optimizedModelPath,
}: InferenceOptions): InferenceSession.SessionOptions {
  return {
    // What a device cannot do runs on the CPU.
    executionProviders: device === 'cpu' ? ['cpu'] : [device, 'cpu'],
    intraOpNumThreads: threads ?? countProcessors(),
    interOpNumThreads: 1,
    logSeverityLevel: 4,
    // Reusing one plan of memory per input shape saves no time here, and costs VGG16 130 MB at a batch of 4.
    enableMemPattern: false,
    ...(optimizedModelPath === undefined ? {} : { optimizedModelFilePath: optimizedModelPath }),
    extra: {
      session: {
        // Weights beside the arena, which grows by doubling: VGG16 takes 50 MB less.
        use_device_allocator_for_initializers: '1',
        // A thread that waits by spinning takes the core away from the decoder: a quarter of the time on small networks.
        intra_op: { allow_spinning: '0' },
        // Slower, but exact where sums of products would overflow. A quantized model may come from another machine.
        ...(overflowsByteSums() ? { x64quantprecision: '1' } : {}),
      },
      // It would quantize, with one scale per tensor, the weights of what quantization left in float on purpose.
      optimization: { disable_specified_optimizers: 'WeightBiasQuantization' },
    },
  };
}
