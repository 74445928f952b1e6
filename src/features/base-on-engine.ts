// The frozen base on the engine that is started, batch by batch: the way on a GPU, the same code on any device.

import { freemem } from 'node:os';
import type { Example } from '../data/data-set.js';
import type { InputRules } from '../data/image-rules.js';
import { type NetworkInput, readImage } from '../data/read-image.js';
import type { EngineBase } from '../engines/base.js';
import { findGpus } from '../engines/gpus.js';
import { toArtifacts } from '../formats/tfjs-layers/layers-model.js';
import { joinBatches } from '../inference/session.js';
import { mapAhead } from '../system/prefetch.js';
import { startStopwatch } from '../system/timer.js';
import type { Base } from './base.js';
import type { BaseAnswer } from './base-answer.js';

/** Images that are handed over together; as many again are decoded meanwhile. */
const imagesAtOnce = 64;

interface ReadImage {
  readonly image: Example;
  readonly input?: NetworkInput;
  readonly reason?: string;
  readonly seconds: BaseAnswer['seconds'];
}

/** Decodes images and runs the base on them; answers come in the images' order. */
export async function* runOnEngine(
  { network, rules }: Pick<Base, 'network' | 'rules'>,
  images: readonly Example[],
): AsyncGenerator<BaseAnswer> {
  const base = await openBase(network);
  try {
    let batch: ReadImage[] = [];
    for await (const read of mapAhead(images, image => readExample(image, rules), imagesAtOnce)) {
      batch.push(read);
      if (batch.length < imagesAtOnce) continue;
      yield* answerBatch(base, batch);
      batch = [];
    }
    yield* answerBatch(base, batch);
  } finally {
    base.release();
  }
}

async function openBase(network: Base['network']): Promise<EngineBase> {
  const [{ io }, { loadLayersModel }, { openEngineBase }, gpus] = await Promise.all([
    import('@tensorflow/tfjs-core'),
    import('@tensorflow/tfjs-layers'),
    import('../engines/base.js'),
    findGpus(),
  ]);
  const model = await loadLayersModel(io.fromMemory(toArtifacts(network)));
  return openEngineBase(model, gpus[0]?.freeMemory ?? freemem());
}

async function readExample(image: Example, rules: InputRules): Promise<ReadImage> {
  const watch = startStopwatch();
  const read = await readImage(image.file, rules, { onStep: watch.lap });
  const outcome = 'reason' in read ? read : { input: read };
  return { image, ...outcome, seconds: watch.seconds() };
}

async function* answerBatch(base: EngineBase, batch: readonly ReadImage[]): AsyncGenerator<BaseAnswer> {
  const inputs = batch.flatMap(({ input }) => input ?? []);
  const watch = startStopwatch();
  const rows = await runBatch(base, inputs);
  const share = watch.seconds().total! / Math.max(1, inputs.length);
  let row = 0;
  for (const { image, reason, seconds } of batch) {
    const outcome = reason === undefined ? rows[row++]! : { reason };
    yield { image, outcome, seconds: { ...seconds, ...(reason === undefined && { base: share }) } };
  }
}

/** @returns the features of each input */
async function runBatch(base: EngineBase, inputs: readonly NetworkInput[]): Promise<Float32Array[]> {
  if (inputs.length === 0) return [];
  const { input, shape } = joinBatches(inputs);
  const { data } = await base.run(input, shape);
  const size = data.length / inputs.length;
  return inputs.map((_, i) => data.slice(i * size, (i + 1) * size));
}
