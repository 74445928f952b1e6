import assert from 'node:assert/strict';
import test from 'node:test';
import type { Preprocessing } from '../../src/data/image-rules.js';
import { preprocess } from '../../src/data/preprocess.js';

const modes: readonly (readonly [string, Preprocessing, readonly number[], readonly number[]])[] = [
  [
    'tf',
    { channelOrder: 'RGB', mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5] },
    [0, 127.5, 255],
    [-1, 0, 1],
  ],
  [
    'caffe',
    { channelOrder: 'BGR', mean: [103.939, 116.779, 123.68], std: [1, 1, 1] },
    [10, 20, 30],
    [30 - 103.939, 20 - 116.779, 10 - 123.68],
  ],
  ['none', { channelOrder: 'RGB', mean: [0, 0, 0], std: [1, 1, 1] }, [1, 2, 255], [1, 2, 255]],
];

for (const [name, preprocessing, input, expected] of modes) {
  test(`mode ${name}: channel order, then (x - mean) / std`, () => {
    assert.deepEqual(preprocess(input, preprocessing), Float32Array.from(expected));
  });
}

test('every byte value is exact', () => {
  const preprocessing: Preprocessing = {
    channelOrder: 'RGB',
    mean: [123.675, 116.28, 103.53],
    std: [58.395, 57.12, 57.375],
  };
  const data = Uint8Array.from({ length: 256 * 3 }, (_, i) => Math.floor(i / 3));
  const { mean, std } = preprocessing;
  assert.deepEqual(
    preprocess(data, preprocessing),
    Float32Array.from(data, (value, i) => (value - mean[i % 3]!) / std[i % 3]!),
  );
});

test('the result goes where the caller wants it, and nothing else is touched', () => {
  const batch = new Float32Array(9).fill(7);
  preprocess([1, 2, 3], modes[2]![1], batch.subarray(3, 6));
  assert.deepEqual([...batch], [7, 7, 7, 1, 2, 3, 7, 7, 7]);
});

test('grey has one number per channel, and alpha comes last, even after BGR', () => {
  const grey: Preprocessing = { channelOrder: 'grey', mean: [100], std: [10] };
  assert.deepEqual([...preprocess([100, 90], grey)], [0, -1]);
  const greyAlpha: Preprocessing = { channelOrder: 'grey', mean: [100, 0], std: [10, 255] };
  assert.deepEqual([...preprocess([110, 255], greyAlpha)], [1, 1]);
  const bgra: Preprocessing = { channelOrder: 'BGR', mean: [1, 2, 3, 4], std: [1, 1, 1, 1] };
  assert.deepEqual([...preprocess([10, 20, 30, 40], bgra)], [29, 18, 7, 36]);
});
