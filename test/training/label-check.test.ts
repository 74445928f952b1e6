// Which labels are doubted.
import assert from 'node:assert/strict';
import test from 'node:test';
import { findDoubtedLabels } from '../../src/training/label-check.js';

test('a label is doubted where another class is as probable as it is for its own images, most confident first', () => {
  const labels = Int32Array.of(0, 0, 0, 1, 1, 1);
  const probabilities = Float32Array.of(0.9, 0.1, 0.8, 0.2, 0.2, 0.8, 0.1, 0.9, 0.05, 0.95, 0.95, 0.05);
  const doubted = findDoubtedLabels(labels, probabilities);
  assert.deepEqual(
    doubted.map(({ row, proposed }) => [row, proposed]),
    [
      [5, 0],
      [2, 1],
    ],
  );
  assert.ok(Math.abs((doubted[0]?.confidence ?? 0) - 0.95) < 1e-6);
});

test('an image that is only a little more like another class is not doubted', () => {
  const probabilities = Float32Array.of(0.9, 0.1, 0.45, 0.55, 0.1, 0.9, 0.1, 0.9);
  assert.deepEqual(findDoubtedLabels(Int32Array.of(0, 0, 1, 1), probabilities), []);
});

test('where nothing is known nothing is doubted', () => {
  const probabilities = Float32Array.of(Number.NaN, Number.NaN, 0.1, 0.9, 0.2, 0.8);
  assert.deepEqual(findDoubtedLabels(Int32Array.of(0, 1, 1), probabilities), []);
});
