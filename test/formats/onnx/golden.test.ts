// Real networks against the numbers that Keras gives.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel as loadModel } from '@tensorflow/tfjs-layers';
import { startWasm } from '../../../src/engines/wasm/start.js';
import { readKerasFile } from '../../../src/formats/keras/keras-file.js';
import { compileOnnx } from '../../../src/formats/onnx/compile.js';
import { loadLayersModel, toArtifacts } from '../../../src/formats/tfjs-layers/layers-model.js';
import { openSession } from '../../../src/inference/session.js';
import { cutAt, withInputShape } from '../../../src/network/cut.js';
import type { Network } from '../../../src/network/network.js';
import { readInput } from '../../helpers/png.js';
import { assertClose } from './parity.js';

const models = join(import.meta.dirname, '..', '..', '..', '..', 'shared', 'models');
const skip = existsSync(models) ? false : 'needs the golden values in ../shared/models';
const lite = join(models, 'efficientnet_lite0');
const mobile = join(models, 'mobilenet_v2_0.35');
const golden = (dir: string, file: string) => JSON.parse(readFileSync(join(dir, 'golden', file), 'utf8'));

const liteScale = (pixel: number) => (pixel - 127) / 128;
const mobileScale = (pixel: number) => pixel / 127.5 - 1;

/** Runs `network` on golden images, a callback per image. */
async function forEachOutput(
  network: Network,
  images: Readonly<Record<string, readonly number[]>>,
  read: (name: string) => ReturnType<typeof readInput>,
  check: (output: Float32Array, expected: readonly number[], shape: readonly number[]) => void,
): Promise<void> {
  const session = await openSession(compileOnnx(network));
  for (const [name, expected] of Object.entries(images)) {
    const { input, shape } = await read(name);
    const output = await session.run(input, shape);
    check(output.data, expected, output.shape);
  }
  await session.release();
}

/** Mean over height and width of a feature map of one image. */
function poolMap(map: Float32Array, channels: number): Float32Array {
  const pooled = new Float32Array(channels);
  for (let i = 0; i < map.length; i++) pooled[i % channels]! += (map[i]! * channels) / map.length;
  return pooled;
}

describe('ONNX Runtime gives what Keras gives on real weights', { skip }, () => {
  test('EfficientNet-Lite0: 1000 class scores and pooled features', async () => {
    const network = await readKerasFile(join(lite, 'model.keras'));
    const records: { file: string; scores: number[]; avg_pool: number[] }[] = golden(
      lite,
      'features.json',
    ).images;
    const read = (name: string) => readInput(join(lite, 'golden', name), liteScale);
    const pick = (key: 'scores' | 'avg_pool') =>
      Object.fromEntries(records.map(each => [each.file, each[key]]));
    await forEachOutput(network, pick('scores'), read, (output, expected) =>
      assertClose(output, expected, 1e-4),
    );
    await forEachOutput(cutAt(network, 'avg_pool'), pick('avg_pool'), read, (output, expected) =>
      assertClose(output, expected, 1e-4),
    );
  });

  test('EfficientNet-Lite0 at 192x256', async () => {
    const network = withInputShape(
      cutAt(await readKerasFile(join(lite, 'model.keras')), 'top_activation'),
      [192, 256],
    );
    const { file, avg_pool } = golden(lite, 'features_192x256.json');
    const read = (name: string) => readInput(join(lite, 'golden', name), liteScale);
    await forEachOutput(network, { [file]: avg_pool }, read, (output, expected) =>
      assertClose(poolMap(output, 1280), expected, 1e-4),
    );
  });

  test('MobileNetV2 0.35, and at an open input shape', async () => {
    const network = await readKerasFile(join(mobile, 'model.keras'));
    const { features } = golden(mobile, 'features.json');
    const read = (name: string) => readInput(join(mobile, 'golden', name), mobileScale);
    for (const each of [network, withInputShape(network, [null, null])]) {
      await forEachOutput(each, features, read, (output, expected, shape) => {
        assert.deepEqual(shape, [1, 7, 7, 1280]);
        assertClose(poolMap(output, 1280), expected, 1e-4);
      });
    }
  });

  test('VGG16 blocks 1 to 3, against tfjs', async () => {
    const network = withInputShape(await loadLayersModel(join(models, 'vgg16_block1-3')), [32, 48]);
    const { input, shape } = await readInput(
      join(mobile, 'golden', 'dog.png'),
      pixel => pixel - 115,
      [32, 48],
    );
    await startWasm('');
    const model = await loadModel(tf.io.fromMemory(toArtifacts(network)));
    const expected = (model.predict(tf.tensor(input, shape)) as tf.Tensor).dataSync();
    await forEachOutput(
      network,
      { dog: [...expected] },
      async () => ({ input, shape }),
      (output, numbers) => assertClose(output, numbers, 1e-4),
    );
  });
});
