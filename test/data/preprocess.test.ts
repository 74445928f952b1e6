import assert from 'node:assert/strict';
import test from 'node:test';
import type { Preprocessing } from '../../src/data/image-rules.js';
import { preprocess, preprocessBatch } from '../../src/data/preprocess.js';

const pixels = (...data: number[]) => ({ data: Uint8Array.from(data), height: 1, width: data.length / 3 });

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
    const target = new Float32Array(3);
    preprocess(pixels(...input.map(Math.floor)), preprocessing, target, 0);
    const exact = expected.map(value => (value === 0 ? (127 - 127.5) / 127.5 : value));
    assert.deepEqual(target, Float32Array.from(exact));
  });
}

test('every byte value is exact', () => {
  const preprocessing: Preprocessing = {
    channelOrder: 'RGB',
    mean: [123.675, 116.28, 103.53],
    std: [58.395, 57.12, 57.375],
  };
  const data = Uint8Array.from({ length: 256 * 3 }, (_, i) => Math.floor(i / 3));
  const target = new Float32Array(data.length);
  preprocess({ data, height: 16, width: 16 }, preprocessing, target, 0);
  const { mean, std } = preprocessing;
  assert.deepEqual(
    target,
    Float32Array.from(data, (value, i) => (value - mean[i % 3]!) / std[i % 3]!),
  );
});

test('an offset leaves the rest of the batch alone', () => {
  const target = new Float32Array(9).fill(7);
  preprocess(pixels(1, 2, 3), modes[2]![1], target, 3);
  assert.deepEqual([...target], [7, 7, 7, 1, 2, 3, 7, 7, 7]);
});

test('a batch is its images in order', () => {
  const batch = preprocessBatch([pixels(1, 2, 3), pixels(4, 5, 6)], modes[2]![1]);
  assert.deepEqual([...batch], [1, 2, 3, 4, 5, 6]);
});
