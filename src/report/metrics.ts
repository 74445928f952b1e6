// Metrics as text: a table per class and the confusion matrix, or its worst pairs where it would be too wide.

import { printable } from '../system/printable.js';
import type { Metrics } from '../training/metrics.js';
import { renderTable } from './table.js';

/** Columns of a terminal. */
const widest = 80;
const mostColumns = 20;
const mostPairs = 10;

/**
 * Renders metrics without colours.
 * @returns several lines, no line break at the end
 */
export function renderMetrics(metrics: Metrics): string {
  const total = metrics.perClass.reduce((sum, { support }) => sum + support, 0);
  return [
    `accuracy ${percent(metrics.accuracy)}  log-loss ${metrics.loss.toFixed(4)}  images ${total}`,
    renderClasses(metrics, total),
    renderConfusion(metrics),
  ].join('\n\n');
}

function renderClasses({ perClass, macro }: Metrics, total: number): string {
  const rows = perClass.map(({ name, precision, recall, f1, support }) => [
    shorten(name),
    ...[precision, recall, f1].map(percent),
    support,
  ]);
  const means = ['mean of classes', ...[macro.precision, macro.recall, macro.f1].map(percent), total];
  return renderNumbers(['class', 'precision', 'recall', 'F1', 'images'], [...rows, means]);
}

function renderConfusion(metrics: Metrics): string {
  if (metrics.perClass.length > mostColumns) return renderPairs(metrics);
  const matrix = renderMatrix(metrics);
  return matrix.split('\n').every(line => line.length <= widest) ? matrix : renderPairs(metrics);
}

/** Rows are what the images are, columns what was predicted. */
function renderMatrix({ perClass, confusion }: Metrics): string {
  const names = perClass.map(({ name }) => printable(name));
  const rows = names.map((name, label) => [
    name,
    ...(confusion[label] ?? []).map(count => (count === 0 ? '·' : count)),
  ]);
  return renderNumbers(['actual \\ predicted', ...names], rows);
}

function renderPairs({ perClass, confusion }: Metrics): string {
  const pairs = perClass
    .flatMap((actual, label) =>
      perClass.map((predicted, other) => ({ actual, predicted, count: confusion[label]?.[other] ?? 0 })),
    )
    .filter(({ actual, predicted, count }) => actual !== predicted && count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, mostPairs);
  if (pairs.length === 0) return 'No class was taken for another.';
  const rows = pairs.map(({ actual, predicted, count }) => [
    shorten(actual.name),
    shorten(predicted.name),
    count,
  ]);
  return renderNumbers(['most confused: actual', 'predicted', 'images'], rows);
}

/** Longer names would push the numbers off the terminal. */
const longestName = 30;

function shorten(name: string): string {
  const shown = printable(name);
  return shown.length <= longestName ? shown : `${shown.slice(0, longestName - 1)}…`;
}

/** Names on the left, numbers on the right. */
function renderNumbers(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return renderTable(
    head,
    rows,
    head.map((_, column) => (column === 0 ? 'left' : 'right')),
  );
}

function percent(part: number): string {
  return `${(100 * part).toFixed(1)} %`;
}
