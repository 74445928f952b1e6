// What `finetune bench` shows: what was measured, a row per measurement, then why others failed.

import type { BenchResult, BenchRow } from '../inference/measurement.js';
import { printable } from '../system/printable.js';
import { renderTable } from './table.js';
import { wrap } from './wrap.js';

const head = ['backbone', 'precision', 'batch', 'images/s', 'p50 ms', 'p99 ms', 'peak MB'];
const alignments = ['left', 'left', 'right', 'right', 'right', 'right', 'right'] as const;

/** @returns several lines, without a line break at the end */
export function renderBench({ threads, data, rows }: BenchResult): string {
  const images = data === null ? 'generated images' : `images of ${printable(data)}`;
  const failures = new Set(rows.flatMap(renderFailure));
  return [
    wrap(`Base with average pooling on ${images}, decoded beforehand; threads: ${threads}.`),
    renderTable(head, rows.map(renderRow), alignments),
    wrap(
      'p50 and p99: half of the batches, 99 of 100, took at most this long. Peak: of a process with nothing else in it.',
    ),
    ...(failures.size === 0 ? [] : [[...failures].join('\n')]),
  ].join('\n\n');
}

function renderRow(row: BenchRow): (string | number)[] {
  const precision = row.device === 'cpu' ? row.precision : `${row.precision} on ${row.device}`;
  const setting = [printable(row.backbone), precision, row.batchSize];
  if ('failure' in row) return [...setting, 'failed', '', '', ''];
  const { imagesPerSecond, latencyMs, peakMegabytes } = row;
  const numbers = [imagesPerSecond, latencyMs.p50, latencyMs.p99].map(value => value.toFixed(1));
  return [...setting, ...numbers, peakMegabytes.toFixed(0)];
}

function renderFailure(row: BenchRow): string[] {
  return 'failure' in row ? [wrap(`! ${printable(row.backbone)}: ${row.failure}`)] : [];
}
