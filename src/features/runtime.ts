// Where the frozen base runs: in ONNX Runtime on the processors or another device, or with the tensorflow engine on a
// CUDA GPU.

import { freemem } from 'node:os';
import type { EngineBase } from '../engines/base.js';
import type { Engine } from '../engines/start.js';
import { toArtifacts } from '../formats/tfjs-layers/layers-model.js';
import type { Context } from '../system/context.js';
import { findGpus } from '../system/gpus.js';
import type { Base } from './base.js';
import {
  chooseDevice,
  type DeviceChoice,
  type DeviceRequest,
  precisionOn,
  runOnDevice,
  takeDevice,
} from './device.js';
import { runOnThreads } from './pool.js';
import { inFloat, type Precision, resolvePrecision } from './precision.js';
import type { BaseResult, BaseWork } from './run-images.js';

/** A way of running the base. */
export interface BaseRuntime {
  readonly name: 'onnxruntime' | 'tfjs';
  readonly precision: Precision;
  /** What ONNX Runtime runs on; absent on an engine. */
  readonly device?: DeviceChoice | undefined;
  /**
   * Decodes images and runs the base on them; the next ones are decoded meanwhile.
   * @returns a result per image, in their order
   * @throws the signal's reason once it is aborted, when all threads have finished
   */
  run(work: BaseWork): AsyncIterable<BaseResult>;
}

/** A GPU runs the base in float32, however fast int8 would be there; int8 that is asked for needs the processors. */
export async function chooseRuntime(
  base: Base,
  engine: Engine,
  request: DeviceRequest,
  context: Context,
): Promise<BaseRuntime> {
  const { device: asked } = request;
  if (asked === 'auto' && engine.device === 'cuda' && request.wanted !== 'int8') {
    return {
      name: 'tfjs',
      // Sums in another order: what one runtime stored is not to be mixed with the other's.
      precision: { ...inFloat('on the GPU'), fingerprint: 'tfjs cuda' },
      run: work => runOnEngine(base, work),
    };
  }
  const work = { base, request };
  const named = asked === 'auto' || asked === 'cpu' ? undefined : await takeDevice(asked, work, context);
  if (named !== undefined && named.name !== 'cpu') return runtimeOn(named, base);
  const precision = await resolvePrecision(base, request, context);
  const device = asked === 'auto' ? await chooseDevice(precision, work, context) : named;
  if (device !== undefined && device.name !== 'cpu') return runtimeOn(device, base);
  return { name: 'onnxruntime', device, precision, run: images => runOnThreads(base, precision, images) };
}

function runtimeOn(device: DeviceChoice, base: Base): BaseRuntime {
  const precision = precisionOn(device);
  return { name: 'onnxruntime', device, precision, run: images => runOnDevice(device.name, base, images) };
}

/** On the engine that is started, batch by batch: the way on a GPU, the same code on any device. */
export async function* runOnEngine(
  { network, rules }: Pick<Base, 'network' | 'rules'>,
  { images, signal }: Pick<BaseWork, 'images' | 'signal'>,
): AsyncGenerator<BaseResult> {
  // It loads the decoder, which in the other case the threads alone need.
  const { asExamples, predictBatches } = await import('./run-images.js');
  const session = await openEngine(network);
  try {
    for await (const { image, output, reason } of predictBatches(session, images, {
      ...asExamples,
      rules,
      signal,
    })) {
      yield { image, outcome: output ?? { reason } };
    }
  } finally {
    session.release();
  }
}

async function openEngine(network: Base['network']): Promise<EngineBase> {
  const [{ io }, { loadLayersModel }, { openEngineBase }, gpus] = await Promise.all([
    import('@tensorflow/tfjs-core'),
    import('@tensorflow/tfjs-layers'),
    import('../engines/base.js'),
    findGpus(),
  ]);
  const model = await loadLayersModel(io.fromMemory(toArtifacts(network)));
  return openEngineBase(model, gpus[0]?.freeMemory ?? freemem());
}
