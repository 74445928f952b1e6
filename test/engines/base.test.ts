// The frozen base on an engine.
import assert from 'node:assert/strict';
import test, { before } from 'node:test';
import * as tf from '@tensorflow/tfjs-core';
import { type LayersModel, layers, sequential } from '@tensorflow/tfjs-layers';
import { type BaseModel, openEngineBase, planBatchSize } from '../../src/engines/base.js';
import { startEngine } from '../../src/engines/start.js';
import { assertClose } from './compare.js';

before(async () => {
  await startEngine('auto');
});

const size = 8 * 8 * 3;
const images = Float32Array.from({ length: 7 * size }, (_, index) => (index % 11) / 11);
/** Largest output: 8 x 8 x 4 floats, four times. */
const bytesPerImage = 4 * 4 * 8 * 8 * 4;

const createModel = (): LayersModel =>
  sequential({
    layers: [
      layers.conv2d({ inputShape: [8, 8, 3], filters: 4, kernelSize: 3, padding: 'same' }),
      layers.globalAveragePooling2d({}),
    ],
  });

test('as many images run at a time as the free memory holds, one at least and 256 at most', () => {
  const model = createModel();
  assert.deepEqual(
    [0, 3.5, 1e6].map(images => planBatchSize(model, images * bytesPerImage)),
    [1, 3, 256],
  );
  model.dispose();
});

test('the features do not depend on how many run at a time, and no tensor stays', async () => {
  const { numTensors } = tf.memory();
  const model = createModel();
  const [few, many] = [openEngineBase(model, 2 * bytesPerImage), openEngineBase(model, 100 * bytesPerImage)];
  const [first, second] = [await few.run(images, [7, 8, 8, 3]), await many.run(images, [7, 8, 8, 3])];
  assert.deepEqual(
    [first.shape, second.shape],
    [
      [7, 4],
      [7, 4],
    ],
  );
  assertClose(first.data, second.data, 1e-6, 'features');
  many.release();
  assert.equal(tf.memory().numTensors, numTensors);
});

test('a device that runs out of memory gets smaller batches', async () => {
  const model = createModel();
  const sizes: number[] = [];
  const scarce: BaseModel = {
    layers: model.layers,
    dispose: () => model.dispose(),
    predictOnBatch(x) {
      const [count] = (x as tf.Tensor).shape;
      sizes.push(count!);
      if (count! > 2) throw new Error('OOM when allocating tensor with shape[4,8,8,4]');
      return model.predictOnBatch(x);
    },
  };
  const base = openEngineBase(scarce, 100 * bytesPerImage);
  assert.deepEqual((await base.run(images, [7, 8, 8, 3])).shape, [7, 4]);
  assert.deepEqual(sizes, [7, 4, 2, 2, 2, 1]);
  base.release();
});
