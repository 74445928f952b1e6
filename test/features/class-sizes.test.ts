// How much there is of each class: files, bytes, pixels, subsets.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import type { Split } from '../../src/data/data-set.js';
import { describeClasses } from '../../src/features/class-sizes.js';
import { folderWith } from '../data/sample-images.js';

const labels = { a: 0, b: 0, c: 0, gone: 1 };

test('a class has its images, the bytes of its files, its median size and its subsets', async context => {
  const folder = await folderWith(context, { a: '1', b: '22', c: '333' });
  const examples = Object.entries(labels).map(([path, label]) => ({
    ...{ path, file: join(folder, path), label, hash: path },
  }));
  const sizes = { a: [10, 400], b: [30, 200], c: [20, 300] } as const;
  const traits = new Map(Object.entries(sizes).map(([hash, size]) => [hash, { size }]));
  const [a, b, c, gone] = examples;
  assert.ok(a && b && c && gone);
  const split: Split = { train: [a, b], val: [c], test: [gone] };
  const dataSet = { classNames: ['cat', 'dog', 'nothing'], examples };
  assert.deepEqual(await describeClasses({ dataSet, traits, split }), [
    ...[{ name: 'cat', images: 3, bytes: 6, medianSize: [20, 300], subsets: { train: 2, val: 1, test: 0 } }],
    // Its file went while the folder was looked through; it was not measured either.
    ...[{ name: 'dog', images: 1, bytes: 0, medianSize: [0, 0], subsets: { train: 0, val: 0, test: 1 } }],
    ...[{ name: 'nothing', images: 0, bytes: 0, medianSize: [0, 0], subsets: { train: 0, val: 0, test: 0 } }],
  ]);
});
