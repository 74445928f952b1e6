// From the times of runs to speed and latency.
import assert from 'node:assert/strict';
import test from 'node:test';
import { percentile, summarizeRuns } from '../../src/inference/measurement.js';

const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);

const cases: [values: number[], percent: number, expected: number][] = [
  [[7], 50, 7],
  [[7], 99, 7],
  [[40, 10, 30, 20], 50, 20],
  [[40, 10, 30, 20], 99, 40],
  [[3, 1, 2], 50, 2],
  [hundred, 50, 50],
  [hundred, 99, 99],
  [[...hundred, 1000], 99, 100],
];

test('a percentile is a value that occurred, in whatever order they came', () => {
  for (const [values, percent, expected] of cases) assert.equal(percentile(values, percent), expected);
});

test('speed counts all images over all runs, latency is that of a run', () => {
  assert.deepEqual(summarizeRuns([100, 300, 200, 400], 5), {
    images: 20,
    imagesPerSecond: 20,
    latencyMs: { p50: 200, p99: 400 },
  });
});
