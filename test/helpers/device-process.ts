// The process that devices.test.ts starts with SwiftShader in its environment: networks on WebGPU beside the CPU.
import { join } from 'node:path';
import { planMobilenetV2 } from '../../src/backbones/architectures/mobilenet-v2.js';
import { planVgg16 } from '../../src/backbones/architectures/vgg.js';
import { compileGraph } from '../../src/formats/onnx/compile.js';
import { loadLayersModel } from '../../src/formats/tfjs-layers/layers-model.js';
import type { ImageBatch } from '../../src/inference/session.js';
import { openTemporarySession } from '../../src/inference/temporary-model.js';
import { cutAt, withInputShape } from '../../src/network/cut.js';
import type { Network } from '../../src/network/network.js';
import { answerParent } from '../../src/system/child-process.js';
import { checkout } from './finetune.js';
import { madeUpNetwork, madeUpNumbers } from './made-up-weights.js';

const size = [32, 32] as const;
const planned = { inputSize: size, includeTop: false };

/** One image through the large ones: WebGPU in software takes seconds for each. */
await answerParent(async () => {
  const lite = await loadLayersModel(join(checkout, 'pretrained/efficientnet-lite0'));
  const block1 = withInputShape(cutAt(lite, 'block1a_project_bn'), size);
  const block3 = cutAt(madeUpNetwork(planVgg16(planned)), 'block3_pool');
  return {
    'efficientnet-lite0': await findDifference(block1, [10, 2]),
    mobilenetv2: await findDifference(madeUpNetwork(planMobilenetV2(0.35)(planned)), [1]),
    vgg16: await findDifference(block3, [1]),
  };
});

/**
 * Runs batches on WebGPU at once, a session for each, and on the CPU.
 * @returns the largest difference, as a part of the largest number
 */
async function findDifference(network: Network, counts: readonly number[]): Promise<number> {
  const graph = compileGraph(network);
  const run = async (device: 'cpu' | 'webgpu') => {
    const work = counts.map(async count => ({
      session: await openTemporarySession(graph, { device }),
      images: madeUpImages(count),
    }));
    const ready = await Promise.all(work);
    const outputs = await Promise.all(
      ready.map(({ session, images }) => session.run(images.input, images.shape)),
    );
    for (const { session } of ready) await session.release();
    return outputs.flatMap(({ data }) => [...data]);
  };
  const [found, expected] = [await run('webgpu'), await run('cpu')];
  const differences = expected.map((value, i) => Math.abs(value - (found[i] ?? Number.NaN)));
  return greatest(differences) / greatest(expected.map(Math.abs));
}

function madeUpImages(count: number): ImageBatch {
  const shape = [count, ...size, 3] as const;
  const numbers = madeUpNumbers(`${count} images`, count * size[0] * size[1] * 3);
  return { input: Float32Array.from(numbers), shape };
}

/** As a spread, so many numbers would be too many arguments. */
function greatest(numbers: readonly number[]): number {
  return numbers.reduce((most, each) => Math.max(most, each), 0);
}
