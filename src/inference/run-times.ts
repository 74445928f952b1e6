// What the times of single runs come to.

import type { BenchMeasurement } from './bench-measurement.js';

/**
 * Sums runs up.
 * @param milliseconds of each run, one at least
 * @param batchSize images of a run
 */
export function summariseRuns(
  milliseconds: readonly number[],
  batchSize: number,
): Omit<BenchMeasurement, 'peakMegabytes'> {
  const images = milliseconds.length * batchSize;
  const total = milliseconds.reduce((sum, value) => sum + value, 0);
  return {
    images,
    imagesPerSecond: (1000 * images) / total,
    latencyMs: { p50: percentile(milliseconds, 50), p99: percentile(milliseconds, 99) },
  };
}

/**
 * The smallest of the values that `percent` of 100 of them do not exceed (nearest rank), so one that occurred.
 * @param percent above 0, up to 100
 * @example percentile([40, 10, 30, 20], 50) // 20
 */
export function percentile(values: readonly number[], percent: number): number {
  const rising = values.toSorted((a, b) => a - b);
  return rising[Math.ceil((percent * rising.length) / 100) - 1]!;
}
