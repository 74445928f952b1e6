import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FeatureRows } from '../../src/features/feature-rows.js';

const image = (path: string, hash: string) => ({ path, file: path, label: 0, hash });
const [daisy, rose, copyOfDaisy, tulip, lily] = [
  image('daisy', 'a'),
  image('rose', 'b'),
  image('copy-of-daisy', 'a'),
  image('tulip', 'c'),
  image('lily', 'd'),
] as const;

test('Rows come in the order of the images, whatever order they were filled in', () => {
  const rows = new FeatureRows([daisy, rose, tulip]);
  rows.set('c', Float32Array.of(5, 6));
  rows.set('a', Float32Array.of(1, 2));
  rows.set('b', Float32Array.of(3, 4));
  assert.deepEqual(rows.compact(), {
    images: [daisy, rose, tulip],
    features: Float32Array.of(1, 2, 3, 4, 5, 6),
    size: 2,
  });
});

test('Images that were not filled in leave no gap, and copies have what the first one has', () => {
  const rows = new FeatureRows([rose, daisy, tulip, copyOfDaisy, lily]);
  rows.set('d', Float32Array.of(7, 8));
  rows.set('a', Float32Array.of(1, 2));
  const { images, features } = rows.compact();
  assert.deepEqual(images, [daisy, copyOfDaisy, lily]);
  assert.deepEqual(features, Float32Array.of(1, 2, 1, 2, 7, 8));
  assert.deepEqual([rows.has('a'), rows.has('b')], [true, false]);
});

test('Without any features there are no rows', () => {
  assert.deepEqual(new FeatureRows([rose]).compact(), { images: [], features: new Float32Array(), size: 0 });
});
