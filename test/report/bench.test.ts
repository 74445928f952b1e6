// The table of finetune bench.
import assert from 'node:assert/strict';
import test from 'node:test';
import type { BenchRow } from '../../src/inference/measurement.js';
import { renderBench } from '../../src/report/bench.js';

const measured: BenchRow = {
  ...{ backbone: 'small', device: 'cpu', precision: 'fp32', batchSize: 8, images: 64 },
  ...{ imagesPerSecond: 123.456, latencyMs: { p50: 60.04, p99: 75 }, peakMegabytes: 141.7 },
};
const failed = (batchSize: number): BenchRow => ({
  ...{ backbone: 'mine', device: 'cpu', precision: 'int8', batchSize, failure: 'Layer x is unknown.' },
});

test('a row has its numbers, or failed, and each reason stands once below', () => {
  const text = renderBench({ threads: 2, data: null, versions: {}, rows: [measured, failed(1), failed(8)] });
  assert.match(text, /on generated images, decoded beforehand; threads: 2\.$/m);
  assert.match(text, /^small +fp32 +8 +123\.5 +60\.0 +75\.0 +142$/m);
  assert.match(text, /^mine +int8 +1 +failed\nmine +int8 +8 +failed$/m);
  assert.ok(text.endsWith('\n\n! mine: Layer x is unknown.'));
});

test('the title tells where the images come from', () => {
  const text = renderBench({ threads: 1, data: './pets', versions: {}, rows: [measured] });
  assert.match(text, /on images of \.\/pets, decoded beforehand; threads: 1\./);
});

test('a row of another device than the CPU names it', () => {
  const onGpu: BenchRow = { ...measured, device: 'webgpu' };
  const text = renderBench({ threads: 1, data: null, versions: {}, rows: [onGpu] });
  assert.match(text, /^small +fp32 on webgpu +8 +123\.5/m);
});
